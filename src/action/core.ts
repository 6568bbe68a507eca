import type * as core from '@actions/core';

export type ActionsCore = typeof core;

/**
 * Loads @actions/core, which takes 30-40 ms (it brings undici), so only where there is a runner to talk to. Without
 * the hint to webpack, the bundle would be two files.
 */
export const loadCore = async (): Promise<ActionsCore> => import(/* webpackMode: "eager" */ '@actions/core');
