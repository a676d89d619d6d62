/**
 * A proxy in front of Qontak that forwards connections to another port. It can
 * be killed without losing the records. `front.ts PORT TARGET`
 *
 * @module
 */
import { startRelay } from "../../src/sandbox/relay.ts";

const [port, target] = Deno.args.map(Number);
const listener = Deno.listen({ hostname: "127.0.0.1", port: port! });
startRelay(listener, target!);
// deno-lint-ignore no-console -- the process that started it reads this
console.log(`http://127.0.0.1:${listener.addr.port}`);
