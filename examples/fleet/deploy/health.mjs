/** Asks from outside, as a visitor would. Copy shipper.d.ts here for completion in an editor. */
export class Site {
  /** @param {import('./shipper.d.ts').Shipper} shipper */
  constructor(shipper) {
    this.shipper = shipper;
  }

  /** Every switch is followed by this, also one back: then it tells, and fails nothing any more. */
  async check() {
    for (let attempt = 1; ; attempt += 1) {
      const problem = await this.ask();
      if (problem === undefined) return;
      if (attempt === 5) throw new Error(`the site is not well: ${problem}`);
      this.shipper.log.info(`${problem}; trying again`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }

  async ask() {
    try {
      // A redirect, to a login perhaps, is no good answer.
      const options = { redirect: 'manual', signal: AbortSignal.timeout(5000) };
      const { status } = await fetch('https://app.example.com/up', options);
      return status === 200 ? undefined : `it answers ${status}`;
    } catch (error) {
      return String(error);
    }
  }

  report() {
    const { revision, targets, addSummary } = this.shipper;
    addSummary(`${revision?.name ?? ''} is live on ${targets.map((target) => target.name).join(', ')}.`);
  }
}
