/// <reference lib="dom" />
/**
 * The page of a client that shows a view: the extension's own host. It runs in
 * the browser, and passes calls of tools to the test.
 *
 * @module
 */
import {
  AppBridge,
  PostMessageTransport,
} from "npm:@modelcontextprotocol/ext-apps@2.0.4/app-bridge";

/** What the test opens a view with. */
export interface Opened {
  // deno-lint-ignore no-explicit-any -- the package checks them
  readonly [key: string]: any;
}

const page = globalThis as unknown as Opened & {
  open(opened: Opened): Promise<void>;
  heard: { readonly what: string; readonly params: unknown }[];
  bridge: AppBridge;
};

page.heard = [];
page.open = async ({ args, result, context, capabilities }) => {
  const frame = document.createElement("iframe");
  // A view has an origin of its own.
  frame.setAttribute("sandbox", "allow-scripts");
  frame.src = "/view";
  const bridge = new AppBridge(
    null,
    { name: "tests", version: "1.0.0" },
    capabilities,
    { hostContext: context },
  );
  page.bridge = bridge;
  const hear = (what: string) => (params: unknown) => {
    page.heard.push({ what, params });
  };
  bridge.oncalltool = async (params) => {
    page.heard.push({ what: "call", params });
    return await page.callTool(params);
  };
  bridge.onupdatemodelcontext = (params) => {
    page.heard.push({ what: "tell", params });
    return Promise.resolve({});
  };
  bridge.onrequestdisplaymode = ({ mode }) => {
    page.heard.push({ what: "display", params: mode });
    return Promise.resolve({ mode });
  };
  bridge.addEventListener("sizechange", (size) => {
    hear("size")(size);
    // Inline, a view has the height that it asks for.
    if (context.displayMode === "inline") {
      frame.style.height = `${size.height}px`;
    }
  });
  const ready = new Promise<void>((resolve) =>
    bridge.addEventListener("initialized", () => resolve())
  );
  document.body.replaceChildren(frame);
  await bridge.connect(
    new PostMessageTransport(frame.contentWindow!, frame.contentWindow!),
  );
  await ready;
  await bridge.sendToolInput({ arguments: args });
  await bridge.sendToolResult(result);
};
