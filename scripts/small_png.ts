/**
 * Makes PNG files small: at most 256 colours, which is enough for text on plain
 * grounds.
 *
 * @module
 */
import type { Page } from "npm:playwright-core@1.56";

/** The pixels of an image, four bytes each. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  /** As base64. */
  readonly data: string;
}

/**
 * Encodes an image again, with a palette.
 *
 * @param page A page of a browser, which decodes it.
 * @param png The image.
 * @param description What it shows, for programs that read it.
 */
export async function smaller(
  page: Page,
  png: Uint8Array,
  description = "",
): Promise<Uint8Array> {
  const { width, height, data } = await page.evaluate<Pixels>(`(async () => {
    const bytes = Uint8Array.from(atob("${
    new Uint8Array(png).toBase64()
  }"), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let text = "";
    for (let i = 0; i < data.length; i += 30000) {
      text += String.fromCharCode(...data.subarray(i, i + 30000));
    }
    return { width, height, data: btoa(text) };
  })()`);
  const pixels = Uint8Array.fromBase64(data);
  const { palette, indexed } = reduce(pixels, width, height);
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, 3);
  const packed = new Blob([indexed]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(
    await new Blob([
      new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]),
      chunk("IHDR", new Uint8Array(header.buffer)),
      chunk("PLTE", palette),
      ...(description ? [chunk("iTXt", international(description))] : []),
      chunk("IDAT", new Uint8Array(await new Response(packed).arrayBuffer())),
      chunk("IEND", new Uint8Array()),
    ]).arrayBuffer(),
  );
}

/** A text under the keyword "Description", not compressed, in no language. */
function international(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`Description\0\0\0\0\0${text}`);
}

/** The most frequent colours, and each pixel as the nearest of them. */
function reduce(pixels: Uint8Array, width: number, height: number) {
  const colorAt = (i: number) =>
    pixels[i]! << 16 | pixels[i + 1]! << 8 | pixels[i + 2]!;
  const counts = new Map<number, number>();
  for (let i = 0; i < pixels.length; i += 4) {
    const color = colorAt(i);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const colors = [...counts].sort(([, a], [, b]) => b - a).slice(0, 256)
    .map(([color]) => color);
  const parts = (color: number) => [color >> 16, color >> 8 & 255, color & 255];
  const nearest = new Map<number, number>();
  const indexOf = (color: number): number => {
    let found = nearest.get(color);
    if (found === undefined) {
      const wanted = parts(color);
      const distances = colors.map((one) =>
        parts(one).reduce((sum, part, i) => sum + (part - wanted[i]!) ** 2, 0)
      );
      found = distances.indexOf(Math.min(...distances));
      nearest.set(color, found);
    }
    return found;
  };
  // Each row begins with the filter that changes nothing.
  const indexed = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      indexed[y * (width + 1) + 1 + x] = indexOf(colorAt((y * width + x) * 4));
    }
  }
  return { palette: new Uint8Array(colors.flatMap(parts)), indexed };
}

function chunk(type: string, data: Uint8Array<ArrayBuffer>): Blob {
  const name = new TextEncoder().encode(type);
  const number = (value: number) => {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, value);
    return view.buffer;
  };
  return new Blob([
    number(data.length),
    name,
    data,
    number(crc([...name], data)),
  ]);
}

function crc(...parts: readonly Iterable<number>[]): number {
  let sum = ~0;
  for (const part of parts) {
    for (const byte of part) {
      sum ^= byte;
      for (let i = 0; i < 8; i++) sum = sum >>> 1 ^ (sum & 1 && 0xedb88320);
    }
  }
  return ~sum >>> 0;
}
