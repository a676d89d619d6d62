/**
 * Measures a process from outside: its memory and its file descriptors.
 *
 * @module
 */

/** The resources of a process at one moment. */
export interface Sample {
  /** The time, in seconds since the watch began. */
  readonly at: number;
  /** Its resident memory, in KiB. */
  readonly rss: number;
  /** Its open file descriptors. */
  readonly files: number;
}

/** How often to sample a process, in ms. */
const EVERY = 2_000;

/** Repeated samples of a process. */
export interface Watch {
  readonly samples: readonly Sample[];
  stop(): void;
}

/**
 * A program that prints the memory and the number of descriptors of a process.
 */
const LOOK = `
while read -r name value rest; do
  [ "$name" = VmRSS: ] && rss=$value
done < /proc/$1/status
set -- /proc/$1/fd/*
echo "$rss $#"`;

/**
 * The current resources of a process; undefined if the system does not report
 * them, or the process has ended. It starts another program, because Deno
 * allows access to /proc only with all permissions.
 */
export async function look(
  pid: number,
): Promise<Omit<Sample, "at"> | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", LOOK, "sh", String(pid)],
    stderr: "null",
  }).output();
  const [, rss, files] = /^(\d+) (\d+)$/m.exec(
    new TextDecoder().decode(stdout),
  ) ?? [];
  return rss === undefined
    ? undefined
    : { rss: Number(rss), files: Number(files) };
}

/** Samples a process repeatedly. */
export function watch(pid: number): Watch {
  const samples: Sample[] = [];
  const start = performance.now();
  const timer = setInterval(async () => {
    const found = await look(pid);
    if (!found) return;
    samples.push({ at: (performance.now() - start) / 1000, ...found });
  }, EVERY);
  return { samples, stop: () => clearInterval(timer) };
}

/** The slope of a line through points, by least squares. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  let above = 0, below = 0;
  for (const [x, y] of points) {
    above += (x - middle[0]!) * (y - middle[1]!);
    below += (x - middle[0]!) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
