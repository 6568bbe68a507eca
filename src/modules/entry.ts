/** Variable by which a process of the bundle is told to host modules; it removes it before it loads one. */
export const marker = 'SHIPPER_MODULE_HOST';

/** Whether this process was started by `ModuleHost` to run the user's modules. */
export function isModuleHost(): boolean {
  return process.env[marker] === '1' && process.connected;
}

/** Serves the run that started this process, until it says that it is done. */
export async function hostModules(): Promise<void> {
  Reflect.deleteProperty(process.env, marker);
  const { hostUntilEnd } = await import('./child/host.ts');
  await hostUntilEnd();
}
