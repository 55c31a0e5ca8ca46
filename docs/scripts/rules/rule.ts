/** A rule of `writing-a-plugin.md`, word for word, and the checks that prove it. */
export interface ProvedRule {
  text: string;
  checks: readonly string[];
}

/** One that no check can prove, or that is not the plugin's to keep. */
export interface UnprovedRule {
  text: string;
  /** Why not. */
  unproved: string;
}

export type Rule = ProvedRule | UnprovedRule;

/** Of what the runner does, so that an author knows what to expect. */
export const isOfRunner = 'The runner does this; its own tests prove it';
