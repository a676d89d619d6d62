/**
 * The part of the page's script that puts the server's own address into what
 * people paste, and copies it.
 *
 * @module
 */

/** Statements within the page's script, which has `readKey`. */
export const SNIPPETS: string = String.raw`
  // ----- Snippets

  const toast = find("#toast");
  let toastTimer = 0;
  /** @type {(text: string) => void} */
  const say = (text) => {
    toast.textContent = text;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => toast.textContent = "", 6000);
  };

  for (const snippet of all(".snippet")) {
    const code = find("code", snippet);
    const button = find("button", snippet);
    const what = button.dataset.what;
    const text = (code.textContent ?? "").replaceAll(urlPlaceholder, url);
    code.textContent = text;

    // A key is never shown. It is copied if one was pasted, and only if it
    // means the same within JSON and in a shell.
    const copied = () =>
      /^[\w.~+/=-]+$/.test(readKey())
        ? text.replaceAll(keyPlaceholder, readKey())
        : text;
    const label = () => {
      const verb = copied() === text ? words.copy : words.copyWithKey;
      button.textContent = verb;
      button.setAttribute("aria-label", verb + ": " + what);
    };
    label();
    keyField?.addEventListener("input", label);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(copied());
        say(fill(words.copied, { what }));
      } catch {
        // There is no clipboard without https, or it was forbidden.
        getSelection()?.selectAllChildren(code);
        say(words.selected);
      }
    });
  }

  // An address that adds the server holds the placeholder in JSON, which may be
  // in base64 within it.
  for (const link of all(".install a")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    link.href = link.href.replace(
      /config=([^&]+)/,
      (_, config) =>
        "config=" + encodeURIComponent(
          btoa(
            atob(decodeURIComponent(config)).replaceAll(urlPlaceholder, url),
          ),
        ),
    ).replaceAll(encodeURIComponent(urlPlaceholder), encodeURIComponent(url));
  }
`;
