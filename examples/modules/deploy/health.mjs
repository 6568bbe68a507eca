/** Asks each server for its page after the switch; throwing puts all of them back. */
export class Health {
  /** @param {import('shipper/shipper.d.ts').Shipper} shipper */
  constructor(shipper) {
    this.shipper = shipper;
  }

  async check() {
    const results = await this.shipper.run('curl -fsS http://localhost/up', { allowFailure: true });
    const ill = results.filter(({ code }) => code !== 0).map(({ host }) => host);
    if (ill.length > 0) throw new Error(`not well: ${ill.join(', ')}`);
    this.shipper.log.notice('all are well');
  }
}
