// The documents as a table: sorted by any column, each opened by its link and removed after one more question.
// Everything it is given is shown by textContent.

const COLUMNS = [
  ["title", "Title"],
  ["publisher", "Publisher"],
  ["published", "Published"],
  ["kind", "Kind"],
  ["passages", "Passages"],
  ["pages", "Pages"],
]

const NUMBERS = new Set(["passages", "pages"])

const node = (tag, name, ...inside) => {
  const made = document.createElement(tag)
  if (name) made.className = name
  made.append(...inside)
  return made
}

const button = (words, act, label) => {
  const made = node("button", "", words)
  made.type = "button"
  if (label) made.setAttribute("aria-label", label)
  made.onclick = act
  return made
}

const compare = (one, other) =>
  typeof one === "number" && typeof other === "number" ? one - other : String(one ?? "").localeCompare(String(other ?? ""))

const orders = new WeakMap()

const removal = (row, remove) => {
  const cell = node("td", "act")
  const ask = () => {
    const sure = button("Remove for good", () => remove(row.id), `Remove ${row.title} for good`)
    cell.replaceChildren(sure, button("Keep", rest, `Keep ${row.title}`))
    sure.focus()
  }
  const rest = () => {
    const first = button("Remove", ask, `Remove ${row.title}`)
    const had = cell.contains(cell.getRootNode().activeElement)
    cell.replaceChildren(first)
    if (had) first.focus()
  }
  rest()
  return cell
}

const draw = (root, data, remove) => {
  const order = orders.get(root) ?? { column: null, down: false }
  const head = node("tr")
  for (const [key, label] of COLUMNS) {
    const sorted = order.column === key
    const sort = () => {
      orders.set(root, { column: key, down: sorted && !order.down })
      draw(root, data, remove)
      root.querySelector(`[data-column=${key}] button`).focus()
    }
    const cell = node("th", NUMBERS.has(key) ? "number" : "", button(label, sort))
    cell.scope = "col"
    cell.dataset.column = key
    cell.setAttribute("aria-sort", sorted ? (order.down ? "descending" : "ascending") : "none")
    head.append(cell)
  }
  head.append(node("td"))
  const rows = [...data.rows]
  if (order.column) rows.sort((one, other) => compare(one[order.column], other[order.column]) * (order.down ? -1 : 1))
  const body = node("tbody")
  for (const row of rows) {
    const line = node("tr")
    for (const [key] of COLUMNS) {
      const cell = node(key === "title" ? "th" : "td", NUMBERS.has(key) ? "number" : "")
      if (key === "title") {
        const open = node("a", "", row.title)
        open.href = row.open
        cell.scope = "row"
        cell.append(open)
      } else cell.append(row[key] === null ? "" : String(row[key]))
      line.append(cell)
    }
    line.append(removal(row, remove))
    body.append(line)
  }
  root.replaceChildren(node("table", "", node("caption", "", "The documents"), node("thead", "", head), body))
}

export default function ({ data, parentElement, setTriggerValue }) {
  draw(parentElement.querySelector(".listing"), data, (id) => setTriggerValue("remove", id))
}
