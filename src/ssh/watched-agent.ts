import ssh2, { type BaseAgent } from 'ssh2';

/** An agent that notes what it held when it was asked: where it lets nobody in, that says why. */
export interface WatchedAgent {
  readonly agent: BaseAgent;
  /** How many keys it holds that can be used here; undefined while it did not answer. */
  keys: number | undefined;
}

/** `path`: where the agent listens. */
export function watchAgent(path: string): WatchedAgent {
  const agent = ssh2.createAgent(path);
  const watched: WatchedAgent = { agent, keys: undefined };
  const getIdentities = agent.getIdentities.bind(agent);
  agent.getIdentities = (done) => {
    getIdentities((error, keys) => {
      watched.keys = keys?.length;
      done(error, keys);
    });
  };
  return watched;
}
