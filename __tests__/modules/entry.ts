import { hostModules, isModuleHost } from '../../src/modules/entry.ts';

if (isModuleHost()) await hostModules();
