import { hostModules, isModuleHost } from '../../../src/listeners/modules/entry.ts';

if (isModuleHost()) await hostModules();
