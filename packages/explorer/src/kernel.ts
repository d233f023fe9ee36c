/**
 * The covariance function: signal · (Matérn-5/2 of the scaled distance + offset).
 *
 * Matérn-5/2 with one length scale for each input: Rasmussen and Williams, "Gaussian Processes for Machine
 * Learning" (2006), eq. 4.17; categorical inputs enter the distance as 0 (same) or 1 (different). `offset` is the
 * variance of an unknown constant mean, relative to the signal (ibid., 2.7).
 */
export type KernelParameters = {
  lengthScales: Float64Array;
  signal: number;
  offset: number;
};

const SQRT5 = Math.sqrt(5);

/** Matérn-5/2 as a function of √5 times the scaled distance. */
function matern(root: number): number {
  return (1 + root + (root * root) / 3) * Math.exp(-root);
}

/** Squared differences of all pairs i > j of the n rows, one array for each column; pair (i, j) at i(i-1)/2 + j. */
export function squaredDifferences(
  rows: Float64Array,
  n: number,
  categorical: readonly boolean[],
): Float64Array[] {
  const width = categorical.length;
  return categorical.map((isCategorical, column) => {
    const squares = new Float64Array((n * (n - 1)) / 2);
    let pair = 0;
    for (let i = 1; i < n; i++) {
      const x = rows[i * width + column]!;
      for (let j = 0; j < i; j++) {
        const difference = x - rows[j * width + column]!;
        squares[pair++] = isCategorical ? (difference === 0 ? 0 : 1) : difference * difference;
      }
    }
    return squares;
  });
}

/** The lower triangle of the n × n covariance matrix without noise. */
export function covarianceMatrix(
  squares: readonly Float64Array[],
  n: number,
  parameters: KernelParameters,
): Float64Array {
  const { lengthScales, signal, offset } = parameters;
  const matrix = new Float64Array(n * n);
  const pairs = (n * (n - 1)) / 2;
  const distances = new Float64Array(pairs);
  squares.forEach((column, c) => {
    const inverse = 5 / lengthScales[c]! ** 2;
    for (let pair = 0; pair < pairs; pair++) distances[pair] = distances[pair]! + column[pair]! * inverse;
  });
  let pair = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++, pair++) {
      matrix[i * n + j] = signal * (matern(Math.sqrt(distances[pair]!)) + offset);
    }
    matrix[i * n + i] = signal * (1 + offset);
  }
  return matrix;
}

/**
 * Half the sum over all entries of `weights` (lower triangle of a symmetric matrix) times the derivative of the
 * covariance by the logarithm of each parameter: one number for each length scale, then signal.
 */
export function covarianceGradient(
  squares: readonly Float64Array[],
  n: number,
  parameters: KernelParameters,
  weights: Float64Array,
): Float64Array {
  const { lengthScales, signal, offset } = parameters;
  const width = squares.length;
  const gradient = new Float64Array(width + 1);
  const pairs = (n * (n - 1)) / 2;
  const distances = new Float64Array(pairs);
  for (let c = 0; c < width; c++) {
    const inverse = 5 / lengthScales[c]! ** 2;
    const column = squares[c]!;
    for (let pair = 0; pair < pairs; pair++) distances[pair] = distances[pair]! + column[pair]! * inverse;
  }
  let signalSum = 0;
  let diagonal = 0;
  const slopes = distances;
  let pair = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++, pair++) {
      const weight = weights[i * n + j]!;
      const root = Math.sqrt(distances[pair]!);
      const decay = Math.exp(-root);
      signalSum += weight * ((1 + root + (root * root) / 3) * decay + offset);
      slopes[pair] = weight * (1 + root) * decay;
    }
    diagonal += weights[i * n + i]!;
  }
  for (let c = 0; c < width; c++) {
    const inverse = 5 / lengthScales[c]! ** 2;
    const column = squares[c]!;
    let sum = 0;
    for (let p = 0; p < pairs; p++) sum += slopes[p]! * column[p]!;
    gradient[c] = (signal * inverse * sum) / 3;
  }
  gradient[width] = signal * (signalSum + (0.5 + 0.5 * offset) * diagonal);
  return gradient;
}

/** Covariances of `count` new rows (starting at row `from`) with the n known rows: count × n. */
export function crossCovariance(
  fresh: Float64Array,
  from: number,
  count: number,
  known: Float64Array,
  n: number,
  categorical: readonly boolean[],
  parameters: KernelParameters,
): Float64Array {
  const { lengthScales, signal, offset } = parameters;
  const width = categorical.length;
  const covariances = new Float64Array(count * n);
  const columns = categorical.map((isCategorical, c) => {
    const column = new Float64Array(n);
    const scale = isCategorical ? 1 : SQRT5 / lengthScales[c]!;
    for (let j = 0; j < n; j++) column[j] = scale * known[j * width + c]!;
    return column;
  });
  const squares = new Float64Array(n);
  for (let i = 0; i < count; i++) {
    squares.fill(0);
    for (let c = 0; c < width; c++) {
      const root = SQRT5 / lengthScales[c]!;
      const value = fresh[(from + i) * width + c]!;
      if (categorical[c]!) {
        addMismatch(squares, columns[c]!, value, root * root, n);
      } else {
        addSquares(squares, columns[c]!, value * root, n);
      }
    }
    const row = i * n;
    for (let j = 0; j < n; j++) {
      const square = squares[j]!;
      const root = Math.sqrt(square);
      covariances[row + j] = signal * ((1 + root + square / 3) * Math.exp(-root) + offset);
    }
  }
  return covariances;
}

function addSquares(into: Float64Array, column: Float64Array, value: number, n: number): void {
  for (let j = 0; j < n; j++) {
    const difference = value - column[j]!;
    into[j] = into[j]! + difference * difference;
  }
}

function addMismatch(
  into: Float64Array,
  column: Float64Array,
  value: number,
  amount: number,
  n: number,
): void {
  for (let j = 0; j < n; j++) if (column[j]! !== value) into[j] = into[j]! + amount;
}
