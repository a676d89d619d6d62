/**
 * The tenant that every sandbox shows, whatever its seed: PT Cakrawala Sarana
 * Niaga, a distributor of office and industrial supplies. Everyone and
 * everything in it is invented.
 *
 * @module
 */

import type { Pipeline, Stage, Team, User } from "../records.ts";

/** The organisation's name. */
export const ORGANIZATION = "PT Cakrawala Sarana Niaga";

/** The organisation's id. */
export const ORGANIZATION_ID = 18_452;

/** The id of the team that the records of the tenant belong to. */
export const TEAM_ID = 20_411;

const corporate: Team = { id: TEAM_ID, name: "Tim Korporat" };
const projects: Team = { id: 20_412, name: "Tim Tender & Proyek" };

type UserRow = readonly [
  id: number,
  name: string,
  mailbox: string,
  role: string,
  teams: readonly Team[],
];

const USER_ROWS: readonly UserRow[] = [
  [512_301, "Ratna Kusumawardani", "ratna.kusumawardani", "owner", [
    corporate,
    projects,
  ]],
  [512_304, "Bagas Pratama", "bagas.pratama", "member", [corporate]],
  [512_305, "Dewi Anggraini", "dewi.anggraini", "member", [corporate]],
  [512_309, "Yohanes Tambunan", "yohanes.tambunan", "member", [corporate]],
  [530_118, "I Made Suryana", "made.suryana", "supervisor", [
    projects,
    corporate,
  ]],
  [530_121, "Siti Nurhaliza Rahman", "siti.rahman", "member", [projects]],
  [530_122, "Andreas Wijaya", "andreas.wijaya", "member", [projects]],
  [541_870, "Fitri Handayani", "fitri.handayani", "member", [projects]],
];

/** Eight users in two teams. The first one's is the sandbox's first token. */
export const USERS: readonly User[] = USER_ROWS.map(
  ([id, name, mailbox, role, teams]) => ({
    id,
    name,
    email: `${mailbox}@example.co.id`,
    role,
    teams,
  }),
);

/** The pipeline in English. */
export const SALES_PIPELINE_ID = 48_213;

/** The pipeline in Indonesian. */
export const TENDER_PIPELINE_ID = 131_907;

/** The two deal pipelines. */
export const PIPELINES: readonly Pipeline[] = [
  { id: SALES_PIPELINE_ID, name: "Corporate Sales", slug: "corporate-sales" },
  {
    id: TENDER_PIPELINE_ID,
    name: "Tender Pengadaan",
    slug: "tender-pengadaan",
  },
];

const STAGE_ROWS: readonly (readonly [number, number, string, string])[] = [
  [SALES_PIPELINE_ID, 398_112, "New Inquiry", "0.05"],
  [SALES_PIPELINE_ID, 398_113, "Qualified", "0.25"],
  [SALES_PIPELINE_ID, 398_114, "Proposal Sent", "0.50"],
  [SALES_PIPELINE_ID, 398_115, "Negotiation", "0.75"],
  [SALES_PIPELINE_ID, 398_116, "Won", "1.00"],
  [SALES_PIPELINE_ID, 398_119, "Lost", "0.00"],
  [TENDER_PIPELINE_ID, 1_204_531, "Info Tender", "0.10"],
  [TENDER_PIPELINE_ID, 1_204_532, "Dokumen Disiapkan", "0.30"],
  [TENDER_PIPELINE_ID, 1_204_533, "Penawaran Masuk", "0.50"],
  [TENDER_PIPELINE_ID, 1_204_534, "Evaluasi & Negosiasi", "0.70"],
  [TENDER_PIPELINE_ID, 1_204_537, "Menang", "1.00"],
  [TENDER_PIPELINE_ID, 1_204_538, "Kalah", "0.00"],
];

/** The stages of both pipelines, in order. */
export const STAGES: readonly Stage[] = STAGE_ROWS.map(
  ([crm_pipeline_id, id, name, win_probability], index) => ({
    id,
    name,
    crm_pipeline_id,
    order: (index % 6) + 1,
    win_probability,
  }),
);

/** The stages of one pipeline, in order. */
export function stagesOf(pipelineId: unknown): Stage[] {
  return STAGES.filter((stage) => stage.crm_pipeline_id === pipelineId);
}
