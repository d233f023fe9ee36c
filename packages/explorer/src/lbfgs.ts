/** A function to be made small, with its gradient. Infinite or NaN values mark places that may not be used. */
export type Objective = (point: Float64Array) => { value: number; gradient: Float64Array };

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * Limited-memory BFGS with a backtracking line search (Nocedal and Wright, "Numerical Optimization", 2006,
 * algorithms 7.4 and 3.1). Returns the best point seen; never worse than `start`.
 */
export function minimize(
  objective: Objective,
  start: Float64Array,
  options: { iterations: number; evaluations: number; tolerance: number },
): { point: Float64Array; value: number; evaluations: number } {
  let point: Float64Array = start.slice();
  let { value, gradient } = objective(point);
  let evaluations = 1;
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    if (!Number.isFinite(value)) break;
    const direction = twoLoop(gradient, steps, changes);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      steps.length = 0;
      changes.length = 0;
      for (let i = 0; i < direction.length; i++) direction[i] = -gradient[i]!;
      slope = -dot(gradient, gradient);
      if (!(slope < 0)) break;
    }
    const longest = direction.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
    let length = Math.min(1, (steps.length === 0 ? 0.5 : 2) / longest);
    let accepted: { point: Float64Array; value: number; gradient: Float64Array } | undefined;
    while (evaluations < options.evaluations && length * longest > 1e-9) {
      const trial = point.map((x, i) => x + length * direction[i]!);
      const outcome = objective(trial);
      evaluations++;
      if (outcome.value <= value + 1e-4 * length * slope) {
        accepted = { point: trial, ...outcome };
        break;
      }
      // The minimum of the parabola through what is known, kept within sensible bounds.
      const bend = outcome.value - value - length * slope;
      const parabola = Number.isFinite(bend) ? (-slope * length * length) / (2 * bend) : 0;
      length = Math.min(0.5 * length, Math.max(0.1 * length, parabola));
    }
    if (accepted === undefined) break;
    const step = accepted.point.map((x, i) => x - point[i]!);
    const change = accepted.gradient.map((g, i) => g - gradient[i]!);
    if (dot(step, change) > 1e-12 * dot(change, change)) {
      steps.push(step);
      changes.push(change);
      if (steps.length > 8) {
        steps.shift();
        changes.shift();
      }
    }
    const gain = value - accepted.value;
    ({ point, value, gradient } = accepted);
    if (gain < options.tolerance) break;
  }
  return { point, value, evaluations };
}

function twoLoop(gradient: Float64Array, steps: Float64Array[], changes: Float64Array[]): Float64Array {
  const direction = gradient.slice();
  const weights: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    const weight = dot(steps[k]!, direction) / dot(steps[k]!, changes[k]!);
    weights[k] = weight;
    for (let i = 0; i < direction.length; i++) direction[i] = direction[i]! - weight * changes[k]![i]!;
  }
  const last = steps.length - 1;
  const scale = last < 0 ? 1 : dot(steps[last]!, changes[last]!) / dot(changes[last]!, changes[last]!);
  for (let i = 0; i < direction.length; i++) direction[i] = direction[i]! * scale;
  for (let k = 0; k < steps.length; k++) {
    const weight = weights[k]! - dot(changes[k]!, direction) / dot(steps[k]!, changes[k]!);
    for (let i = 0; i < direction.length; i++) direction[i] = direction[i]! + weight * steps[k]![i]!;
  }
  for (let i = 0; i < direction.length; i++) direction[i] = -direction[i]!;
  return direction;
}
