/** The files of scripts/deploy fit the program. */
import { assert, assertEquals } from "@std/assert";
import { metricList, prometheusName } from "../../src/telemetry/metrics.ts";
import { VERSION } from "../../src/version.ts";
import { isOnPath, root, run } from "../support/process.ts";
import { unless } from "../support/unless.ts";

const folder = `${root}scripts/deploy/`;
const read = (name: string) => Deno.readTextFile(folder + name);

/** A panel of the dashboard, as far as it is read. */
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly targets: readonly {
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

const { panels, templating }: {
  panels: Panel[];
  templating: { list: { name: string; query: string }[] };
} = JSON.parse(await read("grafana.json"));
const alerts = await read("alerts.yaml");

/** The rules of alerts, each as its lines. */
const rules = alerts.split(/^ {6}- (?=alert: )/m).slice(1);

/** The expression of a rule, in one line. */
function exprOf(rule: string): string {
  const [, expr] = /^ {8}expr: (?:>-\n)?((?:.*\n)(?: {10}.*\n)*)/m.exec(rule)!;
  return expr!.replaceAll(/\s+/g, " ").trim();
}

/** The labels of each series that Prometheus reads from the server. */
const labelsOf = new Map(
  metricList.flatMap(([name, { kind, labels }]) => {
    const series = prometheusName(name);
    const names = kind === "histogram"
      ? ["_bucket", "_sum", "_count"].map((end) => series + end)
      : [series];
    return names.map((one) =>
      [
        one,
        one.endsWith("_bucket") ? [...labels, "le"] : labels,
      ] as const
    );
  }),
);

/** What is wrong with the metrics and labels of an expression. */
function problemsOf(expr: string): string[] {
  const problems: string[] = [];
  const known = new Set<string>();
  for (
    const [, name, selector = ""] of expr.matchAll(
      /\b(qontak_mcp_\w+)(?:\{([^}]*)\})?/g,
    )
  ) {
    const labels = labelsOf.get(name!);
    if (!labels) problems.push(`there is no metric ${name}`);
    for (const label of labels ?? []) known.add(label);
    for (const [, label] of selector.matchAll(/(\w+)(?==|!=|=~|!~)/g)) {
      // Prometheus sets job.
      if (label !== "job" && !labels?.includes(label!)) {
        problems.push(`${name} has no label ${label}`);
      }
    }
  }
  for (const [, list] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
    for (const label of list!.split(/, ?/)) {
      if (!known.has(label)) problems.push(`nothing has the label ${label}`);
    }
  }
  return problems;
}

Deno.test("problemsOf() finds metrics and labels that do not exist", () => {
  const table: [string, string[]][] = [
    ["sum by (tool) (rate(qontak_mcp_tool_calls_total[5m]))", []],
    ["qontak_mcp_tool_calls", ["there is no metric qontak_mcp_tool_calls"]],
    [
      "qontak_mcp_tool_call_duration_seconds",
      ["there is no metric qontak_mcp_tool_call_duration_seconds"],
    ],
    [
      'qontak_mcp_requests_running{job="a",tenant="x"}',
      ["qontak_mcp_requests_running has no label tenant"],
    ],
    [
      "sum by (le) (qontak_mcp_requests_running)",
      ["nothing has the label le"],
    ],
  ];
  for (const [expr, expected] of table) {
    assertEquals(problemsOf(expr), expected);
  }
});

Deno.test("the dashboard names metrics and labels that exist, and every metric", () => {
  const targets = panels.flatMap((panel) => panel.targets);
  const { query } = templating.list.find(({ name }) => name === "job")!;
  const [, metric] = /^label_values\((\w+), job\)$/.exec(query)!;
  assert(labelsOf.has(metric!));
  for (const { expr, legendFormat } of targets) {
    assertEquals(problemsOf(expr), [], expr);
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      assert(new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr), expr);
    }
  }
  const all = targets.map(({ expr }) => expr).join("\n");
  for (const [name] of metricList) {
    assert(all.includes(prometheusName(name)), `${name} is not shown`);
  }
});

Deno.test("the panels of the dashboard do not overlap", () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        const cell = `${column},${row}`;
        assert(!taken.has(cell), `${title} is on ${taken.get(cell)}`);
        taken.set(cell, title);
      }
    }
  }
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
});

Deno.test("the rules of alerts name metrics and labels that exist, and are complete", () => {
  assert(rules.length >= 8);
  const names = rules.map((rule) => /^alert: (\w+)\n/.exec(rule)![1]);
  assertEquals(new Set(names).size, rules.length);
  for (const rule of rules) {
    const expr = exprOf(rule);
    assertEquals(problemsOf(expr), [], expr);
    assert(/^ {8}for: \d+m$/m.test(rule), rule);
    assert(/labels: \{ severity: (?:critical|warning) \}$/m.test(rule), rule);
    assert(/^ {10}summary: ".+"$/m.test(rule), rule);
    assert(/^ {10}description: ".+"$/m.test(rule), rule);
    for (const [, label] of rule.matchAll(/\$labels\.(\w+)/g)) {
      // Prometheus sets instance, which by() removes.
      const isKept = label === "instance"
        ? !/\bby \(|\bsum\(/.test(expr)
        : new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr);
      assert(isKept, `${expr} has no ${label}`);
    }
  }
});

Deno.test("the files of scripts/deploy can be parsed", async () => {
  // The formatter fails for what is not YAML or JSON.
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--check", "--no-config", folder],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});

const noPromtool = await isOnPath("promtool") ? "" : "promtool is not on PATH";

Deno.test({
  ...unless(noPromtool, "promtool accepts the rules of alerts"),
  async fn() {
    const { success, stderr } = await new Deno.Command("promtool", {
      args: ["check", "rules", `${folder}alerts.yaml`],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  },
});

Deno.test("the container, the manifest and the compose file agree", async () => {
  const container = await read("Containerfile");
  const manifest = await read("kubernetes.yaml");
  const compose = await read("compose.yaml");
  const one = (text: string, pattern: RegExp) => {
    const [, found] = pattern.exec(text) ?? [];
    assert(found !== undefined, `There is no ${pattern}`);
    return found;
  };
  const command: string[] = JSON.parse(one(container, /^CMD (\[.*\])$/m));
  assertEquals(JSON.parse(one(manifest, /^ +args: (\[.*\])$/m)), command);
  assertEquals((await run([...command, "--help"])).code, 0);
  assertEquals(one(manifest, /image: \S+:(\S+)$/m), VERSION);
  const port = command[command.indexOf("--port") + 1]!;
  assertEquals(one(container, /^EXPOSE (\d+)$/m), port);
  assertEquals(one(manifest, /containerPort: (\d+)$/m), port);
  assertEquals(one(compose, /ports: \["127\.0\.0\.1:\d+:(\d+)"\]/), port);
  const data = one(container, /^VOLUME (\S+)$/m);
  assertEquals(one(manifest, /mountPath: (\S+)$/m), data);
  assertEquals(one(compose, /volumes: \["[^:"]+:(.+)"\]/), data);
  const user = one(container, /^USER (\d+):\d+$/m);
  for (const key of ["runAsUser", "runAsGroup", "fsGroup"]) {
    assertEquals(one(manifest, new RegExp(`${key}: (\\d+)$`, "m")), user);
  }
  const probes = Array.from(
    manifest.matchAll(/(\w+)Probe:\n +httpGet: \{ path: (\S+), port: http \}/g),
    ([, kind, path]) => [kind, path],
  );
  assertEquals(probes, [
    ["startup", "/health"],
    ["liveness", "/health"],
    ["readiness", "/health"],
  ]);
});
