import type { StartDesign } from './starts.ts';
import type { Strategy } from './suggest.ts';

/** The knobs of the model and of the acquisition. One set serves every problem; see the decision record on them. */
export type Settings = {
  strategy: Strategy;
  /** Experiments before the model takes over, and how they are chosen. */
  starts: number;
  startDesign: StartDesign;
  /**
   * Prior of log length scales: normal around location + half the logarithm of the number of inputs, with a deviation
   * of each its own (spread) and one that all share (common).
   */
  lengthScaleLocation: number;
  lengthScaleSpread: number;
  lengthScaleCommon: number;
  /** Prior of log signal variance: normal around 0. */
  signalSpread: number;
  /** Prior of log noise variance (standardised values). */
  noiseLocation: number;
  noiseSpread: number;
  /** Spread of the prior of the bend of the values; 0: straight. */
  bendSpread: number;
  /** Variance of the constant mean relative to the signal. */
  offset: number;
  /** How many draws from the posterior of the parameters are averaged, at most; 0: the most probable alone. */
  draws: number;
  /** Width of the confidence band of 'upper-confidence-bound', in posterior standard deviations. */
  bandwidth: number;
};

export const defaultSettings: Settings = {
  strategy: 'adaptive',
  starts: 5,
  startDesign: 'random',
  lengthScaleLocation: 0,
  lengthScaleSpread: 0.7,
  lengthScaleCommon: 0.7,
  signalSpread: 1,
  noiseLocation: -4,
  noiseSpread: 1,
  bendSpread: 0.5,
  offset: 1,
  draws: 6,
  bandwidth: 1,
};
