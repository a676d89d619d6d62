/**
 * The tools of deal pipelines. Tickets have pipelines of their own.
 *
 * @module
 */
import { endpoints } from "../qontak/endpoints.ts";
import { recordOf } from "../qontak/envelope.ts";
import type { JsonObject } from "../values/json.ts";
import { id, required } from "./kit/arguments.ts";
import { type Tool, tool } from "./tool.ts";
import { objects } from "./kit/list.ts";
import {
  frames,
  presentList,
  presentRecord,
  presentRecords,
} from "./kit/present.ts";
import { fieldsArgument, pageArgument, tenantArgument } from "./kit/spec.ts";

const toolset = "pipelines" as const;

/** What identifies a pipeline or a stage to a reader. */
const summary = [
  "id",
  "name",
  "alias_name",
  "active",
  "order",
  "win_probability",
];

function present(
  response: unknown,
  args: { readonly [key: string]: unknown },
): JsonObject {
  const { shown, extra } = presentRecords(
    objects(response),
    args.fields as string[] | undefined,
    summary,
  );
  return presentList(shown, args.page as number | undefined, extra);
}

/** The tools of pipelines, in the order that clients are shown. */
export const pipelineTools: readonly Tool[] = [
  tool({
    name: "list_pipelines",
    title: "List deal pipelines",
    description: "The pipelines that deals move through.",
    toolset,
    effect: "read",
    input: { ...pageArgument, ...fieldsArgument, ...tenantArgument },
    output: frames.page,
    trusted: true,
    run: async ({ crm, signal }, args) => {
      const { response } = await crm.call(endpoints.pipelines.list, { signal });
      return present(response, args);
    },
  }),
  tool({
    name: "get_pipeline",
    title: "Get deal pipeline",
    description: "One pipeline by id.",
    toolset,
    effect: "read",
    input: {
      pipeline_id: required(id()),
      ...fieldsArgument,
      ...tenantArgument,
    },
    output: frames.record,
    trusted: true,
    run: async ({ crm, signal }, { pipeline_id, fields }) => {
      const { response } = await crm.call(endpoints.pipelines.get, {
        path: { id: pipeline_id },
        signal,
      });
      const { get } = endpoints.pipelines;
      return { ...presentRecord(recordOf(get, response, pipeline_id), fields) };
    },
  }),
  tool({
    name: "list_pipeline_stages",
    title: "List a pipeline's stages",
    description:
      'The stages of a pipeline in order; win_probability "1.00" is won.',
    toolset,
    effect: "read",
    input: {
      pipeline_id: required(id()),
      ...pageArgument,
      ...fieldsArgument,
      ...tenantArgument,
    },
    output: frames.page,
    trusted: true,
    run: async ({ crm, signal }, { pipeline_id, ...args }) => {
      const { response } = await crm.call(endpoints.pipelines.stages, {
        path: { pipeline_id },
        signal,
      });
      return present(response, args);
    },
  }),
];
