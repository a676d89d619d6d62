/**
 * The part of the page's script that shows the tools that are searched for.
 *
 * @module
 */

/** Statements within the page's script. */
export const SEARCH: string = String.raw`
  // ----- Search

  /** @type {(text: string) => string} */
  const fold = (text) =>
    text.normalize("NFKC").toLowerCase().replace(/[\s_-]+/g, " ").trim();

  const groups = all("section > section").map((group) => ({
    group,
    fold: find("details", group),
    tools: [...group.querySelectorAll("[data-effect]")].map((tool) => ({
      tool,
      text: fold(find("h3", group).textContent + " " + tool.textContent),
    })),
  }));
  const search = find("#filter");
  let isSearching = false;
  const showFound = () => {
    const query = search instanceof HTMLInputElement ? search.value : "";
    const wanted = fold(query).split(" ").filter(Boolean);
    let shown = 0;
    let total = 0;
    for (const { group, fold, tools } of groups) {
      let inGroup = 0;
      for (const { tool, text } of tools) {
        if (!(tool instanceof HTMLElement)) continue;
        tool.hidden = !wanted.every((word) => text.includes(word));
        if (!tool.hidden) inGroup++;
      }
      group.hidden = inGroup === 0;
      // What is found is seen; without a search, the groups are folded again.
      if (wanted.length > 0 || isSearching) {
        fold.toggleAttribute("open", wanted.length > 0);
      }
      shown += inGroup;
      total += tools.length;
    }
    isSearching = wanted.length > 0;
    find("#none").hidden = shown > 0;
    find("#found").textContent = fill(words.found, { shown, all: total });
  };
  search.addEventListener("input", showFound);
  // A browser may keep what was written there when the page is shown again.
  showFound();
`;
