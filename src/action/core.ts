import type * as core from '@actions/core';

export type ActionsCore = typeof core;

/** Loads @actions/core, which takes its time, so only where there is a runner to talk to. */
export const loadCore = async (): Promise<ActionsCore> => import('@actions/core');
