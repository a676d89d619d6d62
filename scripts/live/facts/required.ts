/**
 * The fact about which stages require a field. Qontak lists pipelines and
 * stages, and does not say how the two lists combine.
 *
 * @module
 */
import { checkWrite } from "../../../src/fields/check.ts";
import { type Place, requirementOf } from "../../../src/fields/required.ts";
import { isWritable, typeFor } from "../../../src/fields/standard.ts";
import type { Field } from "../../../src/fields/template.ts";
import { endpoints } from "../../../src/qontak/endpoints.ts";
import { defined } from "../../../src/values/json.ts";
import type { Shown } from "../../fill.ts";
import type { Facts } from "../fact.ts";
import { argumentsFor, placesOf } from "../fill.ts";
import { kinds } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import { demand, NotTried } from "../verdict.ts";

/** A field, and a place in which to omit it. */
interface Trial {
  readonly field: Field;
  readonly place: Place;
}

const { deal } = kinds;
const { create } = endpoints.deals;

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

/** The first field and place for which the readings are as requested. */
function findTrial(
  fields: readonly Field[],
  places: readonly Place[],
  wanted: readonly boolean[],
): Trial | undefined {
  for (const place of places) {
    const field = fields.find((field) =>
      // Without our mark in its name, the deal could not be found again.
      field.key !== "name" && isWritable(field, create) &&
      readingsOf(field, place).every((reading, i) => reading === wanted[i])
    );
    if (field) return { field, place };
  }
  return undefined;
}

function shown(field: Field): Shown {
  const { key, custom, id, options } = field;
  return {
    key: custom ? "additional_fields" : key,
    type: typeFor(field, create).name,
    custom,
    id,
    list: !custom && create.body[key as keyof typeof create.body] === "ids",
    ...defined({ options }),
  };
}

/** Whether Qontak requires the field of a trial: creates a deal without it. */
async function isRequired(
  lab: Lab,
  fields: readonly Field[],
  { field: absent, place }: Trial,
): Promise<boolean> {
  const { pipeline, stage } = deal.place!;
  const given = { [pipeline]: place.pipeline.id, [stage]: place.stage.id };
  const others = fields.filter((field) =>
    field !== absent && !Object.hasOwn(given, field.key) &&
    isWritable(field, create) && readingsOf(field, place)[0]
  );
  const values = argumentsFor(lab, others.map(shown));
  const { body } = await checkWrite({
    resource: deal,
    endpoint: create,
    values: { ...values, name: lab.mark, ...given },
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
      const fields = await lab.setup.fields(deal);
      const places = await placesOf(lab, deal, 4);
      const find = (...readings: boolean[]) =>
        findTrial(fields, places, readings);
      const onlyOr = find(true, false, false);
      const notAnd = find(true, false, true);
      demand(
        onlyOr ?? notAnd,
        "no field here has lists on which the readings differ",
      );
      const sure = find(true, true, true);
      const enforced = sure && await isRequired(lab, fields, sure);
      if (enforced === false) {
        return [
          false,
          "the API made a deal without a field that every reading requires: it enforces none of them",
        ];
      }
      const or = onlyOr && await isRequired(lab, fields, onlyOr);
      const both = notAnd && !await isRequired(lab, fields, notAnd);
      if (or) return [false, "either list is enough"];
      if (both && enforced) return [false, "both lists must have it"];
      // A field that is not required proves something only if another one is.
      demand(
        enforced || both === false,
        "nothing here shows whether the API enforces required fields at all",
      );
      return [
        true,
        or === undefined
          ? "not both lists; either list or refined cannot be told"
          : both === undefined
          ? "not either list; both lists or refined cannot be told"
          : "refined: neither either list nor both lists",
      ];
    },
  },
};
