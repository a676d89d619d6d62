/**
 * The tools of deal pipelines. The pipelines of tickets are separate.
 *
 * @module
 */
import { endpoints } from "../qontak/endpoints.ts";
import { recordOf } from "../qontak/envelope.ts";
import { id, required } from "./kit/arguments.ts";
import { frames } from "./kit/frames.ts";
import { presentRecord } from "../fields/present.ts";
import { fieldsArgument, tenantArgument } from "./kit/shared_arguments.ts";
import { wholeList } from "./kit/whole_list.ts";
import { type Tool, tool } from "./tool.ts";

/** The keys that identify a pipeline or a stage to a reader. */
const summary = [
  "id",
  "name",
  "alias_name",
  "active",
  "order",
  "win_probability",
];

/** The tools of pipelines, in the order that clients see. */
export const pipelineTools: readonly Tool[] = [
  wholeList({
    name: "list_pipelines",
    title: "List deal pipelines",
    description: "The pipelines that deals move through.",
    endpoint: endpoints.pipelines.list,
    summary,
  }),
  tool({
    name: "get_pipeline",
    title: "Get deal pipeline",
    description:
      "One pipeline by id; clients with views show its deals as a board.",
    effect: "read",
    input: {
      pipeline_id: required(id()),
      ...fieldsArgument,
      ...tenantArgument,
    },
    output: frames.record,
    run: async ({ crm, signal }, { pipeline_id, fields }) => {
      const { get } = endpoints.pipelines;
      const { response } = await crm.call(get, {
        path: { id: pipeline_id },
        signal,
      });
      return { ...presentRecord(recordOf(get, response, pipeline_id), fields) };
    },
  }),
  wholeList({
    name: "list_pipeline_stages",
    title: "List a pipeline's stages",
    description:
      'The stages of a pipeline in order; win_probability "1.00" is won.',
    endpoint: endpoints.pipelines.stages,
    path: { pipeline_id: "pipeline_id" },
    summary,
  }),
];
