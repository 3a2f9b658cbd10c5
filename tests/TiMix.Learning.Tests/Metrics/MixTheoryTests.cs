using TiMix.Learning.Metrics;

namespace TiMix.Learning.Tests.Metrics;

public sealed class MixTheoryTests
{
    [Fact]
    public void The_regulariser_of_two_mixed_images_worked_by_hand()
    {
        // Cosines, mixed images down, captions across: 0.75 0.25 / 0.25 0.75 (features need not be normalised for this), τ = 0.5.
        // Every row and column: p(own) = e^1.5 / (e^1.5 + e^0.5) = 1 / (1 + e^-1). λ = 0.75.
        double own = 1 / (1 + Math.Exp(-1)), loss = -(0.75 * Math.Log(own) + 0.25 * Math.Log(1 - own));
        double entropy = -(0.75 * Math.Log(0.75) + 0.25 * Math.Log(0.25));
        var regulariser = MixRegulariser.Compute([0.75f, 0.25f, 0.25f, 0.75f], [1, 0, 0, 1], 2, [1, 0], 0.75, 0.5);
        Assert.Equal(loss, regulariser.Loss, 1e-9);
        Assert.Equal(entropy, regulariser.LabelEntropy, 1e-12);
        Assert.Equal(loss - entropy, regulariser.Value, 1e-9);
    }

    [Fact]
    public void Predictions_in_the_shares_of_the_labels_have_a_regulariser_of_nothing()
    {
        // p(own) : p(partner) = 3 : 1 by a difference of ln 3 at τ = 1.
        float third = (float)Math.Log(3);
        Assert.Equal(0, MixRegulariser.Compute([third, 0, 0, third], [1, 0, 0, 1], 2, [1, 0], 0.75, 1).Value, 1e-7);
    }

    [Fact]
    public void The_regulariser_equals_the_objective_and_its_definition_in_double()
    {
        const int count = 10, width = 7;
        const double temperature = 0.2, lambda = 0.4375;
        float[] mixed = TestFeatures.Random(count, width, 5), text = TestFeatures.Random(count, width, 6);
        int[] pairing = [.. Enumerable.Range(0, count).Select(i => count - 1 - i)];
        double Logit(int i, int j) => Enumerable.Range(0, width).Sum(x => (double)mixed[i * width + x] * text[j * width + x]) / temperature;
        double loss = 0;
        for (int i = 0; i < count; i++)
        {
            double row = Math.Log(Enumerable.Range(0, count).Sum(j => Math.Exp(Logit(i, j))));
            double column = Math.Log(Enumerable.Range(0, count).Sum(j => Math.Exp(Logit(j, i))));
            loss += row - lambda * Logit(i, i) - (1 - lambda) * Logit(i, pairing[i]);
            loss += column - lambda * Logit(i, i) - (1 - lambda) * Logit(pairing[i], i);
        }

        var regulariser = MixRegulariser.Compute(mixed, text, width, pairing, lambda, temperature);
        Assert.Equal(loss / (2 * count), regulariser.Loss, 1e-5);
        Assert.True(regulariser.Value > 0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0.5, 0.69314718055994531)]
    [InlineData(0.75, 0.56233514461880835)]
    public void Entropy_of_hard_labels(double lambda, double nats) => Assert.Equal(nats, MixRegulariser.EntropyOf(lambda), 1e-15);

    [Fact]
    public void A_mixed_block_that_does_not_fit_is_refused()
    {
        var eye = TestFeatures.Eye(4);
        Assert.Throws<ArgumentException>(() => MixRegulariser.Compute(eye, eye, 4, [3, 2, 1], 0.5, 1));
        Assert.Throws<ArgumentException>(() => MixRegulariser.Compute(eye, eye, 4, [1, 2, 3, 0], 0.5, 1));
        Assert.Throws<ArgumentException>(() => MixRegulariser.Compute(eye, eye, 4, [3, 2, 1, 0], 1.5, 1));
        Assert.Throws<ArgumentException>(() => MixRegulariser.Compute(eye, eye, 4, [3, 2, 1, 0], 0.5, 0));
    }

    [Fact]
    public void The_share_of_the_target_is_the_softmax_of_two()
    {
        // Scores of (target, source): (0.5, 0.1) and (0.2, 0.3), τ = 0.1.
        var shares = LambdaCalibration.Shares([0.5f, 0.1f, 0.3f, 0.2f], [1, 0, 0, 1], 2, [1, 0], 0.1);
        Assert.Equal(1 / (1 + Math.Exp(-4)), shares[0], 1e-6);
        Assert.Equal(1 / (1 + Math.Exp(1)), shares[1], 1e-6);
        Assert.Throws<ArgumentException>(() => LambdaCalibration.Shares([1, 0], [1, 0], 2, [1], 0.1));
    }

    [Fact]
    public void The_line_is_that_of_least_squares()
    {
        // λ 0, 1, 2 and shares 1, 2, 4: mean λ 1, mean share 7/3, slope 3/2, intercept 5/6.
        var line = LambdaCalibration.Fit([0, 1, 2], [1, 2, 4])!;
        Assert.Equal(1.5, line.Slope, 1e-12);
        Assert.Equal(5 / 6.0, line.Intercept, 1e-12);
        Assert.Equal(3, line.Images);
        var ideal = LambdaCalibration.Fit([0.25, 0.25, 0.5, 0.9375], [0.25, 0.25, 0.5, 0.9375])!;
        Assert.Equal(1, ideal.Slope, 1e-12);
        Assert.Equal(0, ideal.Intercept, 1e-12);
        Assert.Null(LambdaCalibration.Fit([0.75, 0.75], [0.1, 0.9]));
        Assert.Null(LambdaCalibration.Fit([], []));
        Assert.Throws<ArgumentException>(() => LambdaCalibration.Fit([1], [1, 2]));
    }
}
