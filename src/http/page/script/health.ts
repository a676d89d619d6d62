/**
 * The part of the page's script that shows whether the server works.
 *
 * @module
 */

/** Statements within the page's script. */
export const HEALTH: string = String.raw`
  // ----- Health

  const health = find("#health");
  /** @type {(state: string, text: string) => void} */
  const showHealth = (state, text) => {
    health.dataset.state = state;
    health.textContent = text;
  };
  /** @type {(path: string) => Promise<{ ok: boolean, status: number, body: any }>} */
  const ask = async (path) => {
    const response = await fetch(path, { cache: "no-store" });
    const { ok, status } = response;
    return { ok, status, body: await response.json().catch(() => ({})) };
  };
  const checkHealth = async () => {
    try {
      const [alive, ready] = await Promise.all(["/health", "/ready"].map(ask));
      const { version } = alive.body;
      find("#parts").replaceChildren(
        ...Object.keys(words.parts)
          .filter((part) => ["ok", "failing"].includes(ready.body[part]))
          .map((part) => {
            const one = make("span", { textContent: words.parts[part] });
            one.dataset.state = ready.body[part] === "ok" ? "good" : "bad";
            return one;
          }),
      );
      const failing = Object.keys(words.parts)
        .filter((part) => ready.body[part] === "failing")
        .map((part) => words.parts[part]).join(", ");
      if (alive.ok && ready.ok) {
        showHealth("good", fill(words.healthy, { version }));
      } else if (alive.ok && failing !== "") {
        showHealth("bad", fill(words.notReady, { version, failing }));
      } else {
        const [path, { status }] = alive.ok
          ? ["/ready", ready]
          : ["/health", alive];
        showHealth("bad", fill(words.unhealthy, { path, status }));
      }
    } catch {
      showHealth("bad", words.unreachable);
    }
  };
  checkHealth();
`;
