/**
 * The resources that the sandbox answers for. To add one, add a file here and a
 * line to this list.
 *
 * @module
 */

import type { Resource } from "../router.ts";
import { companies } from "./companies.ts";
import { contacts } from "./contacts.ts";
import { deals } from "./deals.ts";
import { geolocations } from "./geolocations.ts";
import { notes } from "./notes.ts";
import { pipelines } from "./pipelines.ts";
import { products } from "./products.ts";
import { productsAssociation } from "./products_association.ts";
import { tasks } from "./tasks.ts";
import { tickets } from "./tickets.ts";

/** Every resource. */
export const resources: readonly Resource[] = [
  contacts,
  companies,
  deals,
  pipelines,
  tasks,
  tickets,
  notes,
  products,
  productsAssociation,
  geolocations,
];
