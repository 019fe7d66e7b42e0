// An answer with its sources. Everything it is given is shown by textContent: nothing of it becomes markup.

const node = (tag, name, ...inside) => {
  const made = document.createElement(tag)
  if (name) made.className = name
  made.append(...inside.filter((one) => one !== null && one !== undefined))
  return made
}

const link = (address, words, apart) => {
  const made = node("a", "", words)
  made.href = address
  if (apart) {
    made.target = "_blank"
    made.rel = "noopener noreferrer"
  }
  return made
}

const drawLine = (pieces, key) => {
  const line = node("p")
  for (const piece of pieces) {
    if (typeof piece === "string") {
      line.append(piece)
      continue
    }
    const mark = link(`#${key}-source-${piece}`, `[${piece}]`)
    mark.className = "mark"
    mark.dataset.number = piece
    mark.setAttribute("aria-label", `Source ${piece}`)
    line.append(mark)
  }
  return line
}

const drawSource = (source) => {
  const card = node("article")
  card.tabIndex = -1
  card.dataset.numbers = ` ${source.numbers.join(" ")} `
  card.setAttribute("aria-label", `Source ${source.numbers.join(", ")}`)
  card.append(node("header", "", source.numbers.map((number) => `[${number}]`).join(" "), " ", source.document))
  card.append(node("div", "about", source.about))
  for (const words of source.context) card.append(node("div", "context", `To understand it: “${words}”`))
  for (const words of source.dates) card.append(node("div", "context", words))
  const quote = node("blockquote")
  for (const part of source.passage) {
    quote.append(part.marked ? node("mark", "", part.text) : node("span", "around", part.text))
  }
  card.append(quote)
  if (source.note) card.append(node("div", "warning", source.note))
  const links = node("div", "links")
  if (source.open) links.append(link(source.open, source.openLabel, true))
  if (source.url) links.append(link(source.url, source.url, true))
  card.append(links)
  return card
}

// A page on plain http has no clipboard of its own but on this machine; there the browser's copy event serves.
const copyByEvent = (copy) => {
  let done = false
  const listen = (event) => {
    event.preventDefault()
    event.stopImmediatePropagation()
    event.clipboardData.setData("text/plain", copy.plain)
    if (copy.html) event.clipboardData.setData("text/html", copy.html)
    done = true
  }
  document.addEventListener("copy", listen, true)
  try {
    document.execCommand("copy")
  } finally {
    document.removeEventListener("copy", listen, true)
  }
  return done
}

const copyToClipboard = async (copy) => {
  if (navigator.clipboard && window.ClipboardItem) {
    const parts = { "text/plain": new Blob([copy.plain], { type: "text/plain" }) }
    if (copy.html) parts["text/html"] = new Blob([copy.html], { type: "text/html" })
    try {
      await navigator.clipboard.write([new ClipboardItem(parts)])
      return true
    } catch {
      // Refused, or the page has lost the focus.
    }
  }
  return copyByEvent(copy)
}

const save = (file) => {
  const address = URL.createObjectURL(new Blob([file.text], { type: file.mime }))
  const made = link(address, "")
  made.download = file.name
  document.body.append(made)
  made.click()
  made.remove()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

const drawActions = (words, things, act) => {
  const row = node("div", "actions", node("span", "", words))
  row.setAttribute("role", "group")
  row.setAttribute("aria-label", words)
  for (const thing of things) {
    const button = node("button", "", thing.label)
    button.type = "button"
    button.onclick = () => act(thing)
    row.append(button)
  }
  return row
}

const drawUnderstood = (understood, literal) => {
  const again = node("button", "", "Ask it as I wrote it")
  again.type = "button"
  again.onclick = literal
  return node("p", "understood", `Understood as: ${understood} `, again)
}

const drawWritten = (written, leftOut) => {
  const block = node("div", "written", ...written.map((line) => node("p", "", line)))
  if (!leftOut.length) return block
  const details = node("details", "", node("summary", "", "What was left out, and why"))
  for (const one of leftOut) details.append(node("p", "", node("s", "", one.sentence), node("br"), one.why))
  block.append(details)
  return block
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".answer")
  const fresh = document.createDocumentFragment()
  if (data.understood) fresh.append(drawUnderstood(data.understood, () => setTriggerValue("literal", true)))
  for (const line of data.lines) fresh.append(drawLine(line, data.key))
  if (data.sources.length) fresh.append(node("h3", "", data.heading))
  for (const source of data.sources) fresh.append(drawSource(source))
  fresh.append(node("p", "searched", data.searched))
  if (data.written.length) fresh.append(drawWritten(data.written, data.leftOut))
  const status = node("span", "status")
  status.setAttribute("role", "status")
  const tell = (copy) => async () => {
    status.textContent = (await copyToClipboard(copy)) ? `Copied as ${copy.label}.` : "The browser refused to copy."
  }
  if (data.copies.length) {
    const row = drawActions("Copy as", data.copies, (copy) => tell(copy)())
    row.append(status)
    fresh.append(row)
  }
  if (data.downloads.length) fresh.append(drawActions("Download", data.downloads, save))
  root.replaceChildren(fresh)
  root.onclick = (event) => {
    const mark = event.target.closest?.(".mark")
    if (!mark) return
    event.preventDefault()
    for (const card of root.querySelectorAll("article")) {
      const chosen = card.dataset.numbers.includes(` ${mark.dataset.number} `)
      card.classList.toggle("chosen", chosen)
      if (chosen) {
        card.scrollIntoView({ block: "center", behavior: "smooth" })
        card.focus({ preventScroll: true })
      }
    }
  }
}
