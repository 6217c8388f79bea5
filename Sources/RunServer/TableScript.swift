/// Keeps the table as the runs are: rows come and go with the feed; sorted by a click on a heading.
enum TableScript {
  static let javascript = #"""
    "use strict";
    const body = document.querySelector("#runs tbody"), filter = document.getElementById("filter");
    const rows = new Map([...body.rows].map(row => [row.dataset.run, row]));
    const headings = [...document.querySelectorAll("#runs thead th")];
    let sorted = null;
    const link = document.getElementById("link");

    function show(row) {
      if (asks) return;
      row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase());
    }
    // Where this is a part of the runs, the server looks through all of them.
    const asks = filter.dataset.ask !== undefined;
    if (asks) filter.addEventListener("change", () => { location = filter.value ? "/?find=" + encodeURIComponent(filter.value) : "/"; });
    else filter.addEventListener("input", () => rows.forEach(show));

    function value(row, column) {
      const cell = row.cells[column];
      return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
    }
    function sort() {
      if (!sorted) return;
      const {column, down} = sorted;
      const empty = v => v === "" || Number.isNaN(v);
      const order = [...rows.values()].sort((a, b) => {
        const x = value(a, column), y = value(b, column);
        if (empty(x) || empty(y)) return empty(x) - empty(y);
        const less = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
        return down ? -less : less;
      });
      body.append(...order);
    }
    headings.forEach((heading, column) => {
      const pick = () => {
        const down = sorted && sorted.column === column ? !sorted.down : false;
        sorted = {column, down};
        headings.forEach(h => h.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort();
      };
      heading.addEventListener("click", pick);
      heading.addEventListener("keydown", e => { if (e.key === "Enter") pick(); });
    });

    const feed = new EventSource(document.body.dataset.feed);
    feed.onopen = () => { link.textContent = ""; };
    feed.onerror = () => { link.textContent = "No connection; trying again…"; };
    feed.addEventListener("rows", event => {
      const message = JSON.parse(event.data);
      if (message.sweeps !== undefined) document.getElementById("sweeps").innerHTML = message.sweeps;
      for (const [name, html] of message.set.reverse()) {
        const frame = document.createElement("template");
        frame.innerHTML = html;
        const row = frame.content.firstElementChild, old = rows.get(name);
        if (old) old.replaceWith(row); else body.prepend(row);
        rows.set(name, row);
        show(row);
      }
      for (const name of message.gone) {
        rows.get(name)?.remove();
        rows.delete(name);
      }
      document.getElementById("none").hidden = rows.size > 0;
      sort();
    });
    """#
}
