/**
 * The tools of geolocations: where users have checked in.
 *
 * @module
 */
import { resources } from "../qontak/resources.ts";
import type { Tool } from "./tool.ts";
import { recordTools } from "./kit/record_tools.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";

const traits: ToolTraits = {
  resource: resources.geolocation,
  meaning: "a user's check-in or check-out",
  summary: ["id", "date", "device_id", "journey_id", "checkin", "checkout"],
  // Qontak documents none of these; the samples show the values.
  descriptions: {
    checkin_timestamps: "Seconds since 1970",
    orientation: "Probably 0 check-in, 1 check-out",
    is_online: "Sent while online",
    input_type: "Undocumented; 2 in samples",
    local_id: "Undocumented",
    journey_id: "Undocumented; the same for in and out",
  },
  renamed: {
    lat: "the latitude is latitude",
    lng: "the longitude is longitude",
    long: "the longitude is longitude",
    timestamp: "the time is checkin_timestamps, in seconds since 1970",
  },
};

/** The tools of geolocations, in the order that clients see. */
export const geolocationTools: readonly Tool[] = recordTools(traits);
