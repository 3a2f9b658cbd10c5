using TiMix.Learning.Mixing;
using TiMix.Learning.Objectives;

namespace TiMix.Learning.Tests.Objectives;

/// <summary>
/// The contrastive losses from their definitions, entry by entry in double precision, no torch, no matrices. Targets
/// are frozen at construction, so that numeric differences see what "gradient stopped" means.
/// </summary>
internal sealed class ContrastiveReference
{
    private readonly ObjectiveOptions _options;
    private readonly double[,] _itcRows, _itcColumns;

    public ContrastiveReference(int batch, int width, ObjectiveOptions options, int[] pairing, float[] lambda, int seed)
    {
        (Batch, Width, _options, Pairing, Lambda) = (batch, width, options, pairing, lambda);
        var random = new Random(seed);
        Image = Features(random);
        Text = Features(random);
        Mixed = Features(random);
        TeacherImage = Features(random);
        TeacherText = Features(random);

        _itcRows = new double[batch, batch];
        _itcColumns = new double[batch, batch];
        MixRows = new double[batch, batch];
        MixColumns = new double[batch, batch];
        for (int i = 0; i < batch; i++)
            for (int j = 0; j < batch; j++)
            {
                double own = i == j ? 1 : 0, alpha = options.DistillAlpha;
                _itcRows[i, j] = alpha * Softmax(TeacherImage, TeacherText, i, j) + (1 - alpha) * own;
                _itcColumns[i, j] = alpha * Softmax(TeacherText, TeacherImage, i, j) + (1 - alpha) * own;

                double Blend(double hard, double self) => options.Labels switch
                {
                    MixLabels.Hard => hard,
                    MixLabels.Self => self,
                    _ => options.Beta * hard + (1 - options.Beta) * self,
                };

                // Row i is a mixed image, column j a caption.
                double hardRow = lambda[i] * own + (1 - lambda[i]) * (j == pairing[i] ? 1 : 0);
                double selfRow = lambda[i] * Softmax(Image, Text, i, j) + (1 - lambda[i]) * Softmax(Image, Text, pairing[i], j);
                MixRows[i, j] = Blend(hardRow, selfRow);

                // Row i is a caption, column j a mixed image, which is λⱼ of image j and 1-λⱼ of image π(j).
                double hardColumn = lambda[j] * own + (1 - lambda[j]) * (i == pairing[j] ? 1 : 0);
                double selfColumn = lambda[j] * Softmax(Text, Image, i, j) + (1 - lambda[j]) * Softmax(Text, Image, i, pairing[j]);
                MixColumns[i, j] = Blend(hardColumn, selfColumn);
            }
    }

    public int Batch { get; }

    public int Width { get; }

    public int[] Pairing { get; }

    public float[] Lambda { get; }

    public double[] Image { get; }

    public double[] Text { get; }

    public double[] Mixed { get; }

    public double[] TeacherImage { get; }

    public double[] TeacherText { get; }

    public double LogitScale { get; set; } = Math.Log(1 / 0.2);

    public double[,] MixRows { get; }

    public double[,] MixColumns { get; }

    public double Itc() => (CrossEntropy(_itcRows, Image, Text) + CrossEntropy(_itcColumns, Text, Image)) / 2;

    public double Mix() => (CrossEntropy(MixRows, Mixed, Text) + CrossEntropy(MixColumns, Text, Mixed)) / 2;

    /// <summary>Mean divergence of the predictions from the labels, Σ target·ln(target / p), zeros left out.</summary>
    public double Regulariser() => (Divergence(MixRows, Mixed, Text) + Divergence(MixColumns, Text, Mixed)) / 2;

    public double Total() => (_options.ItcWeight * Itc()) + _options.MixWeight * Mix();

    /// <summary>Fourth-order central difference of the total by one entry.</summary>
    public double Slope(Action<double> move)
    {
        const double h = 1e-3;
        double At(double by)
        {
            move(by);
            double value = Total();
            move(-by);
            return value;
        }

        return (8 * (At(h) - At(-h)) - (At(2 * h) - At(-2 * h))) / (12 * h);
    }

    private double[] Features(Random random)
    {
        var features = new double[Batch * Width];
        for (int i = 0; i < Batch; i++)
        {
            double norm = 0;
            for (int x = 0; x < Width; x++)
            {
                double value = random.NextDouble() * 2 - 1;
                features[i * Width + x] = value;
                norm += value * value;
            }

            for (int x = 0; x < Width; x++)
                features[i * Width + x] /= Math.Sqrt(norm);
        }

        return features;
    }

    private double Logit(double[] rows, double[] columns, int i, int j)
    {
        double sum = 0;
        for (int x = 0; x < Width; x++)
            sum += rows[i * Width + x] * columns[j * Width + x];
        return Math.Exp(LogitScale) * sum;
    }

    private double Softmax(double[] rows, double[] columns, int i, int j) =>
        Math.Exp(Logit(rows, columns, i, j)) / Enumerable.Range(0, Batch).Sum(k => Math.Exp(Logit(rows, columns, i, k)));

    private double Divergence(double[,] targets, double[] rows, double[] columns)
    {
        double sum = 0;
        for (int i = 0; i < Batch; i++)
            for (int j = 0; j < Batch; j++)
                sum += targets[i, j] == 0 ? 0 : targets[i, j] * Math.Log(targets[i, j] / Softmax(rows, columns, i, j));
        return sum / Batch;
    }

    private double CrossEntropy(double[,] targets, double[] rows, double[] columns)
    {
        double sum = 0;
        for (int i = 0; i < Batch; i++)
            for (int j = 0; j < Batch; j++)
                sum -= targets[i, j] * Math.Log(Softmax(rows, columns, i, j));
        return sum / Batch;
    }
}
