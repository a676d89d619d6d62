/**
 * `/pipelines`: read only. A stage belongs to one pipeline.
 *
 * @module
 */

import { notFound } from "../answer.ts";
import { EPOCH } from "../data/people.ts";
import { ORGANIZATION_ID, TEAM_ID } from "../data/tenant.ts";
import type { Pipeline, Stage } from "../records.ts";
import type { Call, Resource } from "../router.ts";
import { DAY, toIso } from "../time.ts";

const MADE = toIso(EPOCH - 420 * DAY);

function find({ params, world }: Call): Pipeline {
  const id = Number(params.id);
  const pipeline = world.pipelines.find((one) => one.id === id);
  if (!pipeline) throw notFound();
  return pipeline;
}

function showPipeline({ id, name, slug }: Pipeline): Record<string, unknown> {
  return {
    id,
    name,
    alias_name: null,
    slug,
    active: true,
    team_id: TEAM_ID,
    organization_id: ORGANIZATION_ID,
    created_at: MADE,
    updated_at: MADE,
  };
}

function showStage(stage: Stage): Record<string, unknown> {
  return {
    id: stage.id,
    name: stage.name,
    active: true,
    order: stage.order,
    crm_status_id: null,
    crm_type_id: null,
    crm_pipeline_id: stage.crm_pipeline_id,
    win_probability: stage.win_probability,
    crm_stage_additional_field_id: null,
    created_at: MADE,
    updated_at: MADE,
  };
}

/** The three endpoints of pipelines; no pages, the whole list. */
export const pipelines: Resource = {
  name: "pipelines",
  routes: [
    {
      method: "GET",
      path: "/pipelines",
      handle: ({ world }) => ({ response: world.pipelines.map(showPipeline) }),
    },
    {
      method: "GET",
      path: "/pipelines/:id",
      handle: (call) => ({ response: showPipeline(find(call)) }),
    },
    {
      method: "GET",
      path: "/pipelines/:id/stages",
      handle(call) {
        const { id } = find(call);
        const own = call.world.stages.filter((one) =>
          one.crm_pipeline_id === id
        );
        return { response: own.map(showStage) };
      },
    },
  ],
};
