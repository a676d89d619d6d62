/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A view's side of the MCP Apps protocol (2026-01-26): JSON-RPC messages
 * between the view and the host's page. The package's own `App` class has the
 * same wire, and takes 660 KB in each view; tests drive this module with the
 * package's host.
 *
 * @module
 */

/** A JSON object whose keys are not known. */
export type Json = Record<string, unknown>;

/** What the host says of itself and its surroundings. */
export interface HostContext {
  readonly theme?: "light" | "dark";
  readonly locale?: string;
  readonly timeZone?: string;
  readonly displayMode?: string;
  readonly availableDisplayModes?: readonly string[];
  readonly styles?: { readonly variables?: Readonly<Record<string, string>> };
  readonly toolInfo?: {
    readonly tool?: {
      readonly name?: string;
      readonly title?: string;
      readonly annotations?: { readonly title?: string };
    };
  };
}

/** The result of a tool. */
export interface ToolResult {
  readonly content?: readonly {
    readonly type: string;
    readonly text?: string;
  }[];
  readonly structuredContent?: Json;
  readonly isError?: boolean;
  readonly _meta?: Json;
}

/** What the host tells a view. */
export interface Listener {
  /** The arguments of the call that opened the view. */
  onInput?(args: Json): void;
  /** The result of that call. */
  onResult(result: ToolResult): void;
  /** The call was cancelled. */
  onCancelled?(): void;
  /** The host's surroundings, at first and when they change. */
  onContext?(context: HostContext): void;
}

/** The connection to the host. */
export interface Host {
  /** The host's surroundings. */
  readonly context: HostContext;
  /** Whether the host passes calls of tools to the server. */
  readonly canCall: boolean;
  /** Calls a tool of the server through the host. */
  call(name: string, args: Json): Promise<ToolResult>;
  /** Tells the model, with its next turn, what the person did here. */
  tell(text: string): void;
  /** Asks for another display mode. */
  display(mode: string): void;
}

/** A JSON-RPC message. */
interface Message {
  readonly jsonrpc: "2.0";
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
  readonly error?: { readonly message?: string };
}

const PROTOCOL = "2026-01-26";

/**
 * Connects to the host, and tells it the size of the view.
 *
 * @param name The name of the view.
 * @param listener What hears the host.
 */
export async function connect(name: string, listener: Listener): Promise<Host> {
  const host: Window = globalThis.parent;
  const waiting = new Map<number, (message: Message) => void>();
  let context: HostContext = {};
  let capabilities: Json = {};
  let target = "*";
  let last = 0;

  const post = (message: Omit<Message, "jsonrpc">) =>
    host.postMessage({ jsonrpc: "2.0", ...message }, target);
  const request = (method: string, params: Json) =>
    new Promise<Json>((resolve, reject) => {
      const id = ++last;
      waiting.set(
        id,
        ({ result, error }) =>
          error
            ? reject(new Error(error.message ?? "The host refused"))
            : resolve(result ?? {}),
      );
      post({ id, method, params });
    });

  function setContext(more: HostContext): void {
    context = { ...context, ...more };
    applyStyles(context);
    listener.onContext?.(context);
  }

  function receive({ id, method, params = {} }: Message): void {
    if (method === "ui/notifications/tool-input") {
      listener.onInput?.((params.arguments ?? {}) as Json);
    } else if (method === "ui/notifications/tool-result") {
      listener.onResult(params as ToolResult);
    } else if (method === "ui/notifications/tool-cancelled") {
      listener.onCancelled?.();
    } else if (method === "ui/notifications/host-context-changed") {
      setContext(params as HostContext);
    } else if (id !== undefined) {
      const isKnown = method === "ui/resource-teardown" || method === "ping";
      host.postMessage({
        jsonrpc: "2.0",
        id,
        ...(isKnown
          ? { result: {} }
          : { error: { code: -32601, message: "Method not found" } }),
      }, target);
    }
  }

  addEventListener("message", ({ source, origin, data }: MessageEvent) => {
    const message = data as Message | null;
    if (source !== host || message?.jsonrpc !== "2.0") return;
    if (message.method !== undefined) return receive(message);
    const answer = waiting.get(message.id as number);
    if (!answer) return;
    waiting.delete(message.id as number);
    // Only the host that answered hears more. A sandboxed one has no origin.
    if (origin !== "null" && origin !== "") target = origin;
    answer(message);
  });

  const greeting = await request("ui/initialize", {
    protocolVersion: PROTOCOL,
    appInfo: { name: `qontak-${name}`, version: "1" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
  });
  capabilities = (greeting.hostCapabilities ?? {}) as Json;
  setContext((greeting.hostContext ?? {}) as HostContext);
  post({ method: "ui/notifications/initialized", params: {} });
  reportSize((width, height) =>
    post({
      method: "ui/notifications/size-changed",
      params: { width, height },
    })
  );
  return {
    get context() {
      return context;
    },
    get canCall() {
      return capabilities.serverTools !== undefined;
    },
    call: (name, args) => request("tools/call", { name, arguments: args }),
    tell(text) {
      if (capabilities.updateModelContext === undefined) return;
      request("ui/update-model-context", {
        content: [{ type: "text", text }],
      }).catch(() => {});
    },
    display(mode) {
      request("ui/request-display-mode", { mode }).then(
        ({ mode: displayMode }) =>
          setContext({ displayMode: String(displayMode) }),
        () => {},
      );
    },
  };
}

/** The host's theme and colours; others are those of the style sheet. */
function applyStyles({ theme, styles, displayMode }: HostContext): void {
  const root = document.documentElement;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  root.dataset.mode = displayMode ?? "inline";
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (/^--[a-z0-9-]+$/.test(name) && typeof value === "string") {
      root.style.setProperty(name, value);
    }
  }
}

function reportSize(report: (width: number, height: number) => void): void {
  let before = "";
  const measure = () => {
    const width = Math.ceil(document.documentElement.clientWidth);
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (before === `${width} ${height}`) return;
    before = `${width} ${height}`;
    report(width, height);
  };
  new ResizeObserver(() => requestAnimationFrame(measure))
    .observe(document.body);
  measure();
}
