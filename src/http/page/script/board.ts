/**
 * The part of the page's script that shows records by stage, as a board.
 *
 * @module
 */

/** Functions within the page's script, which has `make` and `cellText`. */
export const BOARD: string = String.raw`
  // ----- Board

  /** @type {(record: Record<string, unknown>) => unknown} */
  const stageOf = (record) => record.crm_stage_name ?? record.ticket_stage_name;

  /**
   * Records by stage, as columns of cards; undefined if they have no stages.
   * @type {(records: Record<string, unknown>[], stages?: unknown[]) => HTMLElement | undefined}
   */
  const boardOf = (records, stages = []) => {
    if (!records.some((one) => one.id && stageOf(one))) return;
    const board = make("div", { className: "board" });
    const all = [...stages, ...records.map(stageOf)].map(String);
    for (const stage of new Set(all)) {
      const own = records.filter((one) => String(stageOf(one)) === stage);
      const column = make("section", { ariaLabel: stage });
      column.append(make("b", { textContent: stage + " · " + own.length }));
      for (const one of own) {
        const card = make("p");
        card.append(
          make("b", { textContent: cellText(one.name ?? one.id, "name") }),
          ...[
            one.size === undefined ? [] : [one.currency, one.size],
            [one.creator_name ?? one.assignee_name],
          ].map((line) =>
            make("span", {
              textContent: line.map((part) => cellText(part, "")).join(" "),
            })
          ),
        );
        column.append(card);
      }
      board.append(column);
    }
    return board;
  };

  /**
   * The board of an answer. That of a pipeline needs its stages and deals.
   * @type {(tool: string, content: any, records: Record<string, unknown>[]) => Promise<HTMLElement | undefined>}
   */
  const askBoard = async (tool, { record }, records) => {
    if (tool !== "get_pipeline") return boardOf(records);
    const [stages, deals] = await Promise.all([
      callTool("list_pipeline_stages", { pipeline_id: record.id }),
      callTool("query_records", {
        resource: "deals",
        where: [{ field: "crm_pipeline_id", value: String(record.id) }],
        fields: [
          "id",
          "name",
          "size",
          "currency",
          "crm_stage_id",
          "creator_id",
        ],
        sort: "-size",
      }),
    ]);
    return boardOf(
      rowsOf(deals.structuredContent),
      rowsOf(stages.structuredContent).map(({ name }) => name),
    );
  };
`;
