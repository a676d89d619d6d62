/**
 * How long snapshots are used, and how much memory they may take.
 *
 * @module
 */

/** How long a snapshot is used by default, in ms. */
export const SNAPSHOT_LIFETIME: number = 5 * 60 * 1_000;

/** The memory limit for the snapshots of one company, in bytes. */
export const TENANT_BYTES: number = 32 * 1024 * 1024;

/** The memory limit for all snapshots, in bytes. */
export const ALL_BYTES: number = 256 * 1024 * 1024;
