import type { Shipper } from 'shipper/shipper.d.ts';

/** Builds on the runner, uploads, and tells the pages what version they are. */
export class Site {
  readonly shipper: Shipper;
  constructor(shipper: Shipper) {
    this.shipper = shipper;
  }

  async build(): Promise<void> {
    const { shipper } = this;
    await shipper.exec('sh', ['build.sh']);
    await shipper.upload('dist', { to: 'public' });
    const env = { VERSION: shipper.revision?.name ?? '' };
    await shipper.run(`printf '%s\\n' "$VERSION" >public/version.txt`, { env });
  }
}
