/**
 * The fact about which stages require a field. Qontak lists pipelines and
 * stages, and does not say how the two lists combine.
 *
 * @module
 */
import { checkWrite } from "../../../src/fields/check.ts";
import { type Place, requirementOf } from "../../../src/fields/required.ts";
import { isWritable } from "../../../src/fields/standard.ts";
import type { Field } from "../../../src/fields/template.ts";
import { describe } from "../../../src/tools/kit/describe_template.ts";
import type { Shown } from "../../../src/sandbox/samples.ts";
import type { Facts } from "../fact.ts";
import { argumentsFor } from "../fill.ts";
import { kinds } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import { demand, NotTried } from "../verdict.ts";

const { deal } = kinds;
const { create } = deal.endpoints;

/**
 * Whether a field is required in a place, for each reading of the two lists:
 * either list is enough; both lists must have it; the stages narrow down the
 * pipeline, which is the reading of our code.
 */
function readingsOf(field: Field, place: Place) {
  const { always = false, pipelines = [], stages = [] } = field.required;
  const inPipeline = pipelines.includes(place.pipeline.id);
  const inStage = stages.includes(place.stage.id);
  return [
    always || inPipeline || inStage,
    always || (inPipeline && inStage),
    requirementOf(field, place).required,
  ];
}

/**
 * Whether Qontak requires a field for which the readings are as given: creates
 * a deal without it. Undefined if there is no such field.
 */
async function isRequired(lab: Lab, ...readings: readonly boolean[]) {
  const fields = await lab.fields(deal);
  const { pipeline, stage } = deal.place!;
  for (const place of await lab.places(deal, 4)) {
    const absent = fields.find((field) =>
      // Without our mark in its name, the deal could not be found again.
      field.key !== "name" && isWritable(field, create) &&
      readingsOf(field, place).every((reading, i) => reading === readings[i])
    );
    if (!absent) continue;
    const given = { [pipeline]: place.pipeline.id, [stage]: place.stage.id };
    const others = fields.filter((field) =>
      field !== absent && !Object.hasOwn(given, field.key) &&
      readingsOf(field, place)[0]
    ).map((field) => describe(field, deal, Infinity) as unknown as Shown);
    const { body } = await checkWrite({
      resource: deal,
      endpoint: create,
      values: { ...argumentsFor(lab, others), name: lab.mark, ...given },
      setup: lab.setup,
    });
    const { ok, status, said } = await lab.attempt(create, { body });
    if (ok) return false;
    const names = [absent.key, absent.name, absent.label];
    if (names.some((name) => said.includes(name))) return true;
    throw new NotTried(
      `a deal without the field was answered with ${status}, for another reason or without naming it`,
    );
  }
  return undefined;
}

/** The fact. */
export const requiredFacts: Facts = {
  "required-rule": {
    question:
      "How do required_pipeline_ids and required_stage_ids of a deal's field combine?",
    assumed:
      "A list of stages refines its pipeline: required in the stages listed, and in a listed pipeline of which no stage is listed",
    code: "src/fields/required.ts: requirementOf",
    how:
      "Makes deals of our own without a field on which the readings (either list, both lists, refined) differ",
    async write(lab) {
      const enforced = await isRequired(lab, true, true, true);
      if (enforced === false) {
        return [
          false,
          "the API made a deal without a field that every reading requires: it enforces none of them",
        ];
      }
      const either = await isRequired(lab, true, false, false);
      const refined = await isRequired(lab, true, false, true);
      if (either) return [false, "either list is enough"];
      if (refined === false && enforced) {
        return [false, "both lists must have it"];
      }
      const none = "no field here has lists on which the readings differ";
      demand(either !== undefined || refined !== undefined, none);
      // A field that is not required proves something only if another one is.
      demand(
        enforced || refined,
        "nothing here shows whether the API enforces required fields at all",
      );
      const seen = either === undefined
        ? "not both lists; either list or refined cannot be told"
        : refined === undefined
        ? "not either list; both lists or refined cannot be told"
        : "refined: neither either list nor both lists";
      return [true, seen];
    },
  },
};
