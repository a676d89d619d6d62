/**
 * The checks of a page, as JavaScript expressions for the browser. Each returns
 * a list of problems, as text.
 *
 * @module
 */

/** Makes everything visible that a person could make visible. */
export const OPEN_ALL = `(async () => {
  for (const one of document.querySelectorAll("details")) {
    // Elements with the same name close each other.
    one.removeAttribute("name");
    one.open = true;
  }
  // The event creates the forms.
  await new Promise((done) => setTimeout(done, 100));
})()`;

/** Text whose contrast is below 4.5 : 1, and edges of fields below 3 : 1. */
export const POOR_CONTRAST = `(() => {
  const parse = (colour) => {
    const parts = colour.match(/^rgba?\\(([^)]*)\\)$/)?.[1].split(/[ ,/]+/);
    if (!parts) throw new Error("not a colour known here: " + colour);
    const [r, g, b, a = 1] = parts.map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], below) =>
    [r, g, b].map((part, i) => part * a + below[i] * (1 - a));
  const backgroundOf = (element) => {
    if (!element) return [255, 255, 255];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1
      ? own
      : over(own, backgroundOf(element.parentElement));
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255).map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const found = new Map();
  const check = (element, colour, least, what) => {
    const background = backgroundOf(element);
    const ratio = contrast(over(parse(colour), background), background);
    const name = what + " " + colour + " on " + background.slice(0, 3);
    found.set(name, { ratio, least, element });
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    check(element, getComputedStyle(element).color, 4.5, "text");
  }
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (!field.checkVisibility()) continue;
    const style = getComputedStyle(field);
    check(field, style.color, 4.5, "what is typed");
    check(field, getComputedStyle(field, "::placeholder").color, 4.5, "hint");
    check(field.parentElement, style.borderColor, 3, "edge");
  }
  for (const element of document.querySelectorAll("[data-state]")) {
    check(element, getComputedStyle(element, "::before").color, 4.5, "mark");
  }
  if (found.size < 10) return ["only " + found.size + " pairs were found"];
  return [...found].filter(([, { ratio, least }]) => ratio < least)
    .map(([name, { ratio, element }]) =>
      name + ": " + ratio.toFixed(2) + " at " + element.outerHTML.slice(0, 80)
    );
})()`;

/** Problems for a person who cannot see the page. */
export const BARRIERS = `(() => {
  const wrong = [];
  const every = (selector) => [...document.querySelectorAll(selector)];
  const textOf = (element) => (element?.textContent ?? "").trim();
  const nameOf = (element) =>
    (element.getAttribute("aria-labelledby") ?? "").split(" ")
      .map((id) => textOf(document.getElementById(id))).join(" ").trim() ||
    (element.getAttribute("aria-label") ?? "").trim() ||
    [...element.labels ?? []].map(textOf).join(" ").trim() ||
    (element.matches("a, button, summary") ? textOf(element) : "");

  const controls = every("a[href], button, input, select, textarea, summary, [tabindex]");
  if (controls.length < 20) wrong.push("hardly any controls");
  for (const control of controls) {
    if (!nameOf(control)) wrong.push("without a name: " + control.outerHTML);
    if (control.tabIndex > 0) wrong.push("wrong tab order: " + control.outerHTML);
  }
  for (const landmark of every("nav, section, [role=group], [role=region]")) {
    if (!nameOf(landmark)) {
      wrong.push("without a name: " + landmark.outerHTML.slice(0, 80));
    }
  }
  const names = every("nav").map(nameOf);
  if (new Set(names).size < names.length) wrong.push("navs of one name");

  let above = 0;
  for (const heading of every("h1, h2, h3, h4, h5, h6")) {
    const level = Number(heading.tagName[1]);
    if (level > above + 1) wrong.push("skips a level: " + textOf(heading));
    if (!textOf(heading)) wrong.push("an empty heading");
    above = level;
  }
  for (const one of ["h1", "main", "header", "footer", "title"]) {
    const { length } = every(one);
    if (length !== 1) wrong.push(length + " of " + one);
  }

  const ids = every("[id]").map(({ id }) => id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  if (twice.length > 0) wrong.push("ids given twice: " + twice);
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const element of every("[" + attribute + "]")) {
      for (const id of element.getAttribute(attribute).split(" ")) {
        if (!ids.includes(id)) wrong.push(attribute + " of nothing: " + id);
      }
    }
  }
  for (const link of every('a[href^="#"]')) {
    if (!ids.includes(link.hash.slice(1))) wrong.push("leads nowhere: " + link.href);
  }
  for (const small of every("button, input, select, textarea, summary")) {
    const { width, height } = small.getBoundingClientRect();
    if (small.checkVisibility() && (width < 24 || height < 24)) {
      wrong.push("too small to touch: " + small.outerHTML);
    }
  }
  if (!document.documentElement.lang) wrong.push("no language");
  if (/user-scalable|maximum-scale/.test(
    document.querySelector("meta[name=viewport]").content,
  )) wrong.push("cannot be zoomed");
  return wrong;
})()`;

/** What is wider than the window. */
export const STICKING_OUT = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  const wrong = scrollWidth > clientWidth ? [scrollWidth + " px wide"] : [];
  for (const element of document.body.querySelectorAll("*")) {
    // Long content scrolls inside its own box.
    if (element.parentElement.closest("pre, .scroll") || !element.checkVisibility()) {
      continue;
    }
    const { left, right } = element.getBoundingClientRect();
    if (left < 0 || right > clientWidth + 0.5) {
      wrong.push(element.outerHTML.slice(0, 80) + " from " + left + " to " + right);
    }
  }
  return wrong;
})()`;

/** The page's own words: text that is not a definition, code or a name. */
export const OWN_WORDS = `(() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    const isForeign = parentElement.closest(
      "details[data-effect] :is(summary b, p:first-of-type, [lang]), details li, " +
        "code, pre, i, footer, nav [lang], .plain, td, form th",
    );
    if (!isForeign && /\\w/.test(data)) found.add(data.trim());
  }
  for (const attribute of ["aria-label", "placeholder"]) {
    for (const element of document.querySelectorAll("[" + attribute + "]")) {
      found.add(element.getAttribute(attribute));
    }
  }
  found.add(document.title);
  found.add(document.querySelector("meta[name=description]").content);
  return [...found];
})()`;
