// A document's title and text, with a slice marked and scrolled to. Everything is shown by textContent.

const node = (tag, name, ...inside) => {
  const made = document.createElement(tag)
  if (name) made.className = name
  made.append(...inside)
  return made
}

const shown = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".reader")
  const fresh = document.createDocumentFragment()
  fresh.append(node("h2", "", data.title), node("p", "about", data.about))
  if (data.url) {
    const original = node("a", "", data.url)
    original.href = data.url
    original.target = "_blank"
    original.rel = "noopener noreferrer"
    fresh.append(node("p", "about", original))
  }
  let first = null
  if (data.blocks.length) {
    const text = node("div", "text")
    for (const block of data.blocks) {
      const paragraph = node("div", block.kind)
      for (const part of block.parts) {
        const piece = part.marked ? node("mark", "", part.text) : part.text
        if (part.marked && !first) first = piece
        paragraph.append(piece)
      }
      text.append(paragraph)
    }
    fresh.append(text)
  }
  root.replaceChildren(fresh)
  if (first && shown.get(root) !== data.place) {
    shown.set(root, data.place)
    requestAnimationFrame(() => first.scrollIntoView({ block: "center" }))
  }
}
