/**
 * The tools, prompts and resources that MCP's conformance suite needs, instead
 * of Qontak's. The product's HTTP layer serves them, so every problem that the
 * suite finds is in that layer or in the SDK.
 *
 * @module
 */
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  completable,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  type InputRequest,
  type InputRequests,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  McpServer,
  type PromptMessage,
  ResourceTemplate,
  type ServerContext,
  type ServerNotifier,
  type StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { QontakServer } from "../../mod.ts";
import { type Served, serveMcp } from "../support/serve.ts";
import { sleep } from "../support/time.ts";

/** A PNG of one red pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";

/** A WAV of two silent samples. */
const WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQIAAACAgA==";

type Content = CallToolResult["content"][number];
type Answer = CallToolResult | InputRequiredResult;
type Run = (
  args: Record<string, unknown>,
  context: ServerContext,
) => Answer | Promise<Answer>;

interface Fixture {
  readonly description: string;
  /** Without it, the tool has no arguments. */
  readonly input?: StandardSchemaWithJSON;
  readonly run: Run;
}

const text = (text: string) => ({ type: "text" as const, text });
const image = { type: "image" as const, data: PNG, mimeType: "image/png" };
const embedded = (uri: string, mimeType: string, text: string) => ({
  type: "resource" as const,
  resource: { uri, mimeType, text },
});

/** Always answers with the same content. */
const always = (...content: Content[]): Run => () => ({ content });

/** Long enough for what was sent before to leave separately. */

type Form = Parameters<typeof inputRequired.elicit>[0]["requestedSchema"];

/** Asks a person to fill in a form whose fields are all required. */
function form(message: string, properties: Record<string, unknown>) {
  return inputRequired.elicit({
    message,
    requestedSchema: {
      type: "object",
      properties,
      required: Object.keys(properties),
    } as Form,
  });
}

/** Asks the client's model. */
function sample(prompt: string, maxTokens = 100): InputRequest {
  return inputRequired.createMessage({
    messages: [{ role: "user", content: text(prompt) }],
    maxTokens,
  });
}

const confirmation = { confirm: form("Go on?", { ok: { type: "boolean" } }) };

/** The signed state between the rounds of a call. */
const rounds = createRequestStateCodec<number>({
  key: crypto.getRandomValues(new Uint8Array(32)),
});

/** Whether the client has answered all questions. */
function isAnswered(asked: InputRequests, { mcpReq }: ServerContext): boolean {
  return Object.keys(asked).every((key) => {
    const given = inputResponse(mcpReq.inputResponses, key);
    return given.kind === "elicit"
      ? given.action === "accept"
      : given.kind !== "missing";
  });
}

/** Asks, and asks again, until there is an answer. */
function ask(asked: InputRequests, context: ServerContext): Answer {
  return isAnswered(asked, context)
    ? {
      content: [
        text(`Answered: ${JSON.stringify(context.mcpReq.inputResponses)}`),
      ],
    }
    : inputRequired({ inputRequests: asked });
}

/**
 * Asks one question after the other, and accepts only the state that it issued.
 */
function inRounds(...asked: readonly InputRequests[]): Run {
  return async (_, context) => {
    const round = context.mcpReq.requestState<number>();
    const isNext = round !== undefined && isAnswered(asked[round]!, context);
    const now = isNext ? round + 1 : round ?? 0;
    return now === asked.length
      ? { content: [text("state-ok")] }
      : inputRequired({
        inputRequests: asked[now]!,
        requestState: await rounds.mint(now),
      });
  };
}

/** Choices in JSON Schema: values with titles. */
const titled = (title: string) =>
  ["First", "Second", "Third"].map((nth, i) => ({
    const: `value${i + 1}`,
    title: `${nth} ${title}`,
  }));
const options = ["option1", "option2", "option3"];

/** The tools, in the order of the list. */
function tools(notify: () => ServerNotifier): Record<string, Fixture> {
  return {
    test_simple_text: {
      description: "Answers with text",
      run: always(text("This is a simple text response for testing.")),
    },
    test_image_content: {
      description: "Answers with an image",
      run: always(image),
    },
    test_audio_content: {
      description: "Answers with a sound",
      run: always({ type: "audio", data: WAV, mimeType: "audio/wav" }),
    },
    test_embedded_resource: {
      description: "Answers with a resource",
      run: always(
        embedded(
          "test://embedded-resource",
          "text/plain",
          "This is an embedded resource content.",
        ),
      ),
    },
    test_multiple_content_types: {
      description: "Answers with text, an image and a resource",
      run: always(
        text("Multiple content types test:"),
        image,
        embedded(
          "test://mixed-content-resource",
          "application/json",
          JSON.stringify({ test: "data", value: 123 }),
        ),
      ),
    },
    test_error_handling: {
      description: "Fails",
      run: () => {
        throw new Error("This tool intentionally returns an error for testing");
      },
    },
    test_tool_with_logging: {
      description: "Sends three log messages while it runs",
      run: async (_, { mcpReq }) => {
        for (const step of ["started", "processing data", "completed"]) {
          await mcpReq.log("info", `Tool execution: ${step}`);
          await sleep(50);
        }
        return { content: [text("Logged")] };
      },
    },
    test_logging_tool: {
      description: "Sends a log message if the client wants them",
      run: async (_, { mcpReq }) => {
        await mcpReq.log("info", "Called");
        return { content: [text("Logged")] };
      },
    },
    test_tool_with_progress: {
      description: "Reports its progress if the client asks for it",
      run: async (_, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken;
        for (const progress of [0, 50, 100]) {
          if (progressToken !== undefined) {
            await mcpReq.notify({
              method: "notifications/progress",
              params: { progressToken, progress, total: 100 },
            });
          }
          await sleep(50);
        }
        return { content: [text("Done")] };
      },
    },
    test_trigger_tool_change: {
      description: "Tells listeners that the tools have changed",
      run: () => {
        notify().toolsChanged();
        return { content: [text("Told")] };
      },
    },
    test_trigger_prompt_change: {
      description: "Tells listeners that the prompts have changed",
      run: () => {
        notify().promptsChanged();
        return { content: [text("Told")] };
      },
    },
    test_missing_capability: {
      description: "Needs a client with a model",
      run: (_, context) => ask({ answer: sample("Are you there?") }, context),
    },
    test_streaming_elicitation: {
      description: "Asks a person",
      run: (_, context) => ask(confirmation, context),
    },
    test_sampling: {
      description: "Asks the client's model a given question",
      input: z.object({ prompt: z.string() }),
      run: ({ prompt }, context) =>
        ask({ answer: sample(String(prompt)) }, context),
    },
    test_elicitation: {
      description: "Asks a person a given question",
      input: z.object({ message: z.string() }),
      run: ({ message }, context) =>
        ask({
          answer: form(String(message), {
            username: { type: "string", description: "User's response" },
            email: { type: "string", description: "User's email address" },
          }),
        }, context),
    },
    test_elicitation_sep1034_defaults: {
      description: "Asks a person with a form that is filled in",
      run: (_, context) =>
        ask({
          answer: form("Is this right?", {
            name: { type: "string", default: "John Doe" },
            age: { type: "integer", default: 30 },
            score: { type: "number", default: 95.5 },
            status: {
              type: "string",
              enum: ["active", "inactive", "pending"],
              default: "active",
            },
            verified: { type: "boolean", default: true },
          }),
        }, context),
    },
    test_elicitation_sep1330_enums: {
      description: "Asks a person to choose, with every kind of choice",
      run: (_, context) =>
        ask({
          answer: form("Choose", {
            untitledSingle: { type: "string", enum: options },
            titledSingle: { type: "string", oneOf: titled("Option") },
            legacyEnum: {
              type: "string",
              enum: ["opt1", "opt2", "opt3"],
              enumNames: ["Option One", "Option Two", "Option Three"],
            },
            untitledMulti: {
              type: "array",
              items: { type: "string", enum: options },
            },
            titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
          }),
        }, context),
    },
    test_input_required_result_elicitation: {
      description: "Asks for a name",
      run: (_, context) =>
        ask({
          user_name: form("What is your name?", { name: { type: "string" } }),
        }, context),
    },
    test_input_required_result_sampling: {
      description: "Asks the client's model for a capital",
      run: (_, context) =>
        ask({
          capital_question: sample("What is the capital of France?"),
        }, context),
    },
    test_input_required_result_list_roots: {
      description: "Asks for the client's roots",
      run: (_, context) =>
        ask({ client_roots: inputRequired.listRoots() }, context),
    },
    test_input_required_result_request_state: {
      description: "Asks for a confirmation, and keeps state until the answer",
      run: inRounds(confirmation),
    },
    test_input_required_result_tampered_state: {
      description:
        "Asks for a confirmation, and refuses a state that it did not issue",
      run: inRounds(confirmation),
    },
    test_input_required_result_multiple_inputs: {
      description: "Asks for three things at once",
      run: inRounds({
        user_name: form("What is your name?", { name: { type: "string" } }),
        greeting: sample("Generate a greeting", 50),
        client_roots: inputRequired.listRoots(),
      }),
    },
    test_input_required_result_multi_round: {
      description: "Asks one question after the other",
      run: inRounds(
        {
          step1: form("Step 1: What is your name?", {
            name: { type: "string" },
          }),
        },
        {
          step2: form("Step 2: What is your favorite color?", {
            color: { type: "string" },
          }),
        },
      ),
    },
    test_input_required_result_capabilities: {
      description: "Asks for no more than the client can do",
      run: (_, context) => {
        // The SDK has no types for what it takes out of _meta.
        const meta = context.mcpReq.envelope as
          | Record<string, Record<string, unknown>>
          | undefined;
        const can = meta?.[CLIENT_CAPABILITIES_META_KEY];
        return ask({
          ...(can?.elicitation ? confirmation : {}),
          ...(can?.sampling ? { greeting: sample("Say hello") } : {}),
        }, context);
      },
    },
    json_schema_2020_12_tool: {
      description: "Has a schema with the less usual keywords",
      input: fromJsonSchema({
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        $defs: {
          address: {
            $anchor: "addressDef",
            type: "object",
            properties: {
              street: { type: "string" },
              city: { type: "string" },
            },
          },
        },
        properties: {
          name: { type: "string" },
          address: { $ref: "#/$defs/address" },
          contactMethod: { type: "string", enum: ["phone", "email"] },
          phone: { type: "string" },
          email: { type: "string" },
        },
        allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
        if: {
          properties: { contactMethod: { const: "phone" } },
          required: ["contactMethod"],
        },
        then: { required: ["phone"] },
        else: { required: ["email"] },
        additionalProperties: false,
      }),
      run: always(text("Called")),
    },
    test_custom_header: {
      description: "Has an argument that clients repeat in a header",
      input: z.object({
        region: z.string().meta({ "x-mcp-header": "Region" }),
      }),
      run: always(text("Called")),
    },
  };
}

const message = (content: PromptMessage["content"]): PromptMessage => ({
  role: "user",
  content,
});

function registerPrompts(server: McpServer): void {
  server.registerPrompt(
    "test_simple_prompt",
    { description: "A prompt without arguments" },
    () => ({
      messages: [message(text("This is a simple prompt for testing."))],
    }),
  );
  server.registerPrompt(
    "test_prompt_with_arguments",
    {
      description: "A prompt with two arguments",
      argsSchema: z.object({
        arg1: completable(z.string(), (value) => [`${value}ing`]),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => ({
      messages: [
        message(
          text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`),
        ),
      ],
    }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    {
      description: "A prompt that holds a resource",
      argsSchema: z.object({ resourceUri: z.string() }),
    },
    ({ resourceUri }) => ({
      messages: [
        message(
          embedded(
            resourceUri,
            "text/plain",
            "Embedded resource content for testing.",
          ),
        ),
        message(text("Please process the embedded resource above.")),
      ],
    }),
  );
  server.registerPrompt(
    "test_prompt_with_image",
    { description: "A prompt that holds an image" },
    () => ({
      messages: [
        message(image),
        message(text("Please analyze the image above.")),
      ],
    }),
  );
  const asked = {
    user_context: form("What context should the prompt use?", {
      context: { type: "string" },
    }),
  };
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "A prompt that asks a person" },
    (context) =>
      isAnswered(asked, context)
        ? { messages: [message(text("Use the context."))] }
        : inputRequired({ inputRequests: asked }),
  );
}

function registerResources(server: McpServer): void {
  const readable = {
    "static-text": {
      mimeType: "text/plain",
      text: "This is the content of the static text resource.",
    },
    "static-binary": { mimeType: "image/png", blob: PNG },
    "watched-resource": { mimeType: "text/plain", text: "Watch this." },
  };
  for (const [name, content] of Object.entries(readable)) {
    server.registerResource(
      name,
      `test://${name}`,
      { description: `The ${name}`, mimeType: content.mimeType },
      ({ href }) => ({ contents: [{ uri: href, ...content }] }),
    );
  }
  server.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { description: "Data by id", mimeType: "application/json" },
    ({ href }, { id }) => ({
      contents: [{
        uri: href,
        mimeType: "application/json",
        text: JSON.stringify({ id, templateTest: true }),
      }],
    }),
  );
  // Only the older revisions have them; without sessions there is nothing to
  // remember.
  server.server.setRequestHandler("resources/subscribe", () => ({}));
  server.server.setRequestHandler("resources/unsubscribe", () => ({}));
}

/** A server with the fixtures instead of Qontak's tools. */
function createFixtureServer(): QontakServer {
  const fixtures = Object.entries(tools(() => http.notify));
  const http = createMcpHandler(() => {
    const server = new McpServer(
      { name: "conformance-fixtures", version: "1.0.0" },
      {
        capabilities: {
          logging: {},
          prompts: { listChanged: true },
          resources: { subscribe: true },
          tools: { listChanged: true },
        },
        requestState: { verify: rounds.verify },
      },
    );
    for (const [name, { description, input = z.object({}), run }] of fixtures) {
      server.registerTool(
        name,
        { description, inputSchema: input },
        (args, context) => run(args as Record<string, unknown>, context),
      );
    }
    registerPrompts(server);
    registerResources(server);
    return server;
  });
  return {
    tools: fixtures.map(([name]) => name),
    listed: [],
    stdio: () => Promise.reject(new Error("The fixtures speak HTTP only")),
    fetch: (request) => http.fetch(request),
    ready: () => Promise.resolve({ store: "ok", kv: "absent", qontak: "ok" }),
    kv: () => Promise.resolve("absent"),
    metrics: () => "",
    close: () => http.close(),
  };
}

/** Serves the fixtures behind the HTTP layer of the product. */
export function serveFixtures(): Served {
  return serveMcp(createFixtureServer());
}
