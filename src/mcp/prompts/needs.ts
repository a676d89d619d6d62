/**
 * The prompts by name, with the tools without which a prompt makes no sense. A
 * server knows from this whether a caller has any prompt; what prompts say is
 * loaded when a client first asks for it.
 *
 * @module
 */

/** The tools that each prompt needs, in the order that clients see. */
export const NEEDS = {
  morning_brief: ["query_records"],
  prepare_call: ["get_account_overview"],
  qualify_lead: ["get_account_overview"],
  weekly_pipeline_review: ["query_records"],
  hand_over_accounts: ["query_records", "change_records"],
  log_visit: ["get_account_overview", "create_note"],
  clean_up_duplicates: ["find_duplicates"],
  month_end_closing: ["query_records"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The name of a prompt. */
export type PromptName = keyof typeof NEEDS;

/**
 * The prompts that a caller has.
 *
 * @param has Whether the caller has a tool.
 */
export function promptsFor(has: (tool: string) => boolean): PromptName[] {
  return (Object.keys(NEEDS) as PromptName[]).filter((name) =>
    NEEDS[name].every(has)
  );
}
