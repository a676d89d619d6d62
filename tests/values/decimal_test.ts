import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  add,
  compare,
  type Decimal,
  divide,
  multiply,
  toDecimal,
  toJson,
  toText,
  ZERO,
} from "../../src/values/decimal.ts";

const read = (value: unknown) => toDecimal(value)!;

Deno.test("toDecimal() reads only what Qontak writes", () => {
  const table: readonly (readonly [unknown, string | undefined])[] = [
    ["10000000.0", "10000000"],
    ["0.01", "0.01"],
    [0.1, "0.1"],
    [1e21, "1000000000000000000000"],
    ["-12.50", "-12.5"],
    [" 7 ", "7"],
    ["1e3", "1000"],
    ["1.5e-3", "0.0015"],
    ["1.5e1", "15"],
    ["", undefined],
    [null, undefined],
    [NaN, undefined],
    [Infinity, undefined],
    ["1,5", undefined],
    ["1.000.000", undefined],
    ["12abc", undefined],
    ["9".repeat(61), undefined],
    ["1e99", undefined],
    ["9".repeat(1_000_000), undefined],
    [[1], undefined],
    [true, undefined],
  ];
  for (const [value, expected] of table) {
    const decimal = toDecimal(value);
    assertEquals(
      decimal && toText(decimal),
      expected,
      String(value).slice(0, 40),
    );
  }
});

Deno.test("add() is exact over ten thousand rows, unlike floating-point numbers", () => {
  let sum = ZERO;
  let float = 0;
  for (let i = 0; i < 10_000; i++) {
    sum = add(sum, read(i % 2 === 0 ? "0.1" : "0.2"));
    float += i % 2 === 0 ? 0.1 : 0.2;
  }
  assertEquals(toJson(sum), 1_500);
  assertEquals(float === 1_500, false);
});

Deno.test("the arithmetic equals that of whole numbers of the smallest unit", () => {
  const decimal = fc.record({
    units: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
    scale: fc.integer({ min: 0, max: 8 }),
  });
  const whole = ({ units, scale }: Decimal) => units * 10n ** BigInt(8 - scale);
  fc.assert(fc.property(decimal, decimal, (a, b) => {
    assertEquals(whole(add(a, b)), whole(a) + whole(b));
    assertEquals(
      Math.sign(compare(a, b)),
      Math.sign(Number(whole(a) - whole(b))),
    );
    const product = multiply(a, b);
    assertEquals(
      product.units * 10n ** BigInt(16 - product.scale),
      whole(a) * whole(b),
    );
    assertEquals(toText(read(toText(a))), toText(read(toText(a))));
    assertEquals(whole(read(toText(a))), whole(a));
  }));
});

Deno.test("divide() rounds half away from zero", () => {
  assertEquals(toText(divide(read("10"), 4)), "2.5");
  assertEquals(toText(divide(read("10"), 3)), "3.333333");
  assertEquals(toText(divide(read("-10"), 3)), "-3.333333");
  assertEquals(toText(divide(read("20"), 3)), "6.666667");
});

Deno.test("toJson() returns a number only if it is exact", () => {
  assertEquals(toJson(read("27500")), 27_500);
  assertEquals(toJson(read("0.1")), 0.1);
  assertEquals(toJson(read("9007199254740993")), "9007199254740993");
  assertEquals(toJson(read("0.1234567890123456789")), "0.1234567890123456789");
});
