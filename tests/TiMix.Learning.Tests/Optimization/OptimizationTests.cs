using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Optimization;

public sealed class OptimizationTests
{
    private static readonly ParameterLayout Layout = new(
    [
        new ParameterSpec("matrix", [7, 5], true, new Initial(0, 1)),
        new ParameterSpec("bias", [5], false, new Initial(0, 1)),
        new ParameterSpec("other", [3, 3], true, new Initial(0, 1)),
        new ParameterSpec(DualEncoder.LogitScaleName, [1], false, new Initial(2.6, 0)),
    ]);

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.5, false)]
    [InlineData(1000, false)]
    [InlineData(0.5, true)]
    public void Five_steps_equal_the_formula_in_double_precision(double clipNorm, bool onDevice)
    {
        var options = new AdamWOptions { Beta1 = 0.9, Beta2 = 0.98, Epsilon = 1e-6, WeightDecay = 0.1 };
        using var parameters = new ParameterBuffer(Layout, CPU);
        using var gradients = new ParameterBuffer(Layout, CPU);
        using var optimizer = new AdamW(Layout, options);
        parameters.InitializeFrom(1);
        double[] p = [.. parameters.ToArray().Select(value => (double)value)], m = new double[p.Length], v = new double[p.Length];
        var random = new SeededRandom(2);
        for (var step = 1; step <= 5; step++)
        {
            var rate = 0.01 * step;
            var sumOfSquares = 0.0;
            foreach (var slot in Layout.Slots)
            {
                foreach (ref var gradient in gradients.Floats.Slice((int)slot.Offset, (int)slot.Spec.Length))
                {
                    gradient = (float)random.NextGaussian();
                    sumOfSquares += (double)gradient * gradient;
                }
            }

            var norm = onDevice
                ? optimizer.StepByTensors(parameters, gradients, rate, step, clipNorm)
                : optimizer.Step(parameters, gradients, rate, step, clipNorm);
            Assert.Equal(Math.Sqrt(sumOfSquares), norm, 1e-9);
            var clip = clipNorm > 0 ? Math.Min(1, clipNorm / Math.Sqrt(sumOfSquares)) : 1;
            foreach (var slot in Layout.Slots)
            {
                for (var i = slot.Offset; i < slot.Offset + slot.Spec.Length; i++)
                {
                    var g = gradients.Floats[(int)i] * clip;
                    m[i] = (0.9 * m[i]) + (0.1 * g);
                    v[i] = (0.98 * v[i]) + (0.02 * g * g);
                    var update = m[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.98, step))) + 1e-6);
                    p[i] -= rate * (update + (slot.Spec.Decay ? 0.1 * p[i] : 0));
                    Assert.Equal(p[i], parameters.Floats[(int)i], 2e-6);
                    Assert.Equal(m[i], optimizer.First.Floats[(int)i], 1e-6);
                    Assert.Equal(v[i], optimizer.Second.Floats[(int)i], 1e-6);
                }
            }
        }

        var used = Layout.Slots.SelectMany(slot => Enumerable.Range((int)slot.Offset, (int)slot.Spec.Length)).ToHashSet();
        Assert.All(Enumerable.Range(0, p.Length).Where(i => !used.Contains(i)), i => Assert.Equal(0, parameters.Floats[i]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pre_trained_parameters_step_as_if_all_had_their_rate_and_the_others_as_if_there_were_no_second(bool onDevice)
    {
        float[] After(IReadOnlySet<string>? pretrained, double rate, double? second)
        {
            using var parameters = new ParameterBuffer(Layout, CPU);
            using var gradients = new ParameterBuffer(Layout, CPU);
            using var optimizer = new AdamW(Layout, new AdamWOptions { WeightDecay = 0.1 }, null, pretrained);
            parameters.InitializeFrom(1);
            gradients.InitializeFrom(2);
            for (var step = 1; step <= 3; step++)
            {
                _ = onDevice
                    ? optimizer.StepByTensors(parameters, gradients, rate, step, 1, second)
                    : optimizer.Step(parameters, gradients, rate, step, 1, second);
            }

            return parameters.ToArray();
        }

        var pretrained = new HashSet<string> { "other", "bias" };
        var (fast, slow, both) = (After(null, 1e-2, null), After(null, 1e-3, null), After(pretrained, 1e-2, 1e-3));
        foreach (var slot in Layout.Slots)
        {
            var place = (int)slot.Offset..(int)(slot.Offset + slot.Spec.Length);
            Assert.Equal((pretrained.Contains(slot.Spec.Name) ? slow : fast)[place], both[place]);
            Assert.NotEqual(fast[place], slow[place]);
        }

        Assert.Equal(fast, After(pretrained, 1e-2, null));
    }

    [Theory]
    [InlineData(3, 0.5)]
    [InlineData(-3, 0.001)]
    public void The_temperature_stays_within_its_bounds(float gradient, double temperature)
    {
        using var parameters = new ParameterBuffer(Layout, CPU);
        using var gradients = new ParameterBuffer(Layout, CPU);
        using var optimizer = new AdamW(Layout, new AdamWOptions());
        parameters.InitializeFrom(1);
        Assert.Equal(2.6f, parameters.LogitScale);
        gradients.Floats[(int)Layout[DualEncoder.LogitScaleName].Offset] = gradient;
        optimizer.Step(parameters, gradients, 100, 1, 0);
        Assert.Equal(temperature, Math.Exp(-parameters.LogitScale), temperature * 1e-5);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_changes_nothing(float bad)
    {
        using var parameters = new ParameterBuffer(Layout, CPU);
        using var gradients = new ParameterBuffer(Layout, CPU);
        using var optimizer = new AdamW(Layout, new AdamWOptions());
        parameters.InitializeFrom(1);
        gradients.Floats.Fill(1);
        optimizer.Step(parameters, gradients, 0.1, 1, 1);
        var before = (parameters.Fingerprint(), optimizer.First.Fingerprint(), optimizer.Second.Fingerprint());
        gradients.Floats[3] = bad;
        Assert.False(double.IsFinite(optimizer.Step(parameters, gradients, 0.1, 2, 1)));
        Assert.Equal(before, (parameters.Fingerprint(), optimizer.First.Fingerprint(), optimizer.Second.Fingerprint()));
    }

    [Fact]
    public void Restored_moments_go_on_to_the_same_bits()
    {
        using var parameters = new ParameterBuffer(Layout, CPU);
        using var gradients = new ParameterBuffer(Layout, CPU);
        using var untouched = new AdamW(Layout, new AdamWOptions());
        parameters.InitializeFrom(1);
        gradients.InitializeFrom(2);
        untouched.Step(parameters, gradients, 0.1, 1, 1);
        using var copy = new ParameterBuffer(Layout, CPU);
        copy.CopyFrom(parameters);
        using var resumed = new AdamW(Layout, new AdamWOptions());
        resumed.Restore(untouched.First.ToArray(), untouched.Second.ToArray());
        gradients.InitializeFrom(3);
        untouched.Step(parameters, gradients, 0.05, 2, 1);
        resumed.Step(copy, gradients, 0.05, 2, 1);
        Assert.Equal(parameters.Fingerprint(), copy.Fingerprint());
    }

    [Theory]
    [InlineData(0.995)]
    [InlineData(0)]
    [InlineData(1)]
    public void The_average_moves_by_its_formula(double decay)
    {
        using var average = new ParameterBuffer(Layout, CPU);
        using var student = new ParameterBuffer(Layout, CPU);
        average.InitializeFrom(1);
        student.InitializeFrom(2);
        var before = average.ToArray();
        var students = student.ToArray();
        Ema.Update(average, student, decay);
        Assert.All(average.ToArray().Index(), item => Assert.Equal((decay * before[item.Index]) + ((1 - decay) * students[item.Index]), item.Item, 1e-6));
        Assert.Equal(students, student.ToArray());
    }

    [Fact]
    public void The_learning_rate_rises_linearly_and_falls_along_a_cosine_to_the_floor()
    {
        double Rate(long step) => Schedules.LearningRate(step, steps: 111, warmup: 10, peak: 1e-3, floor: 1e-5);
        Assert.Equal(1e-5 + (0.1 * (1e-3 - 1e-5)), Rate(0), 1e-12);
        Assert.Equal(1e-5 + (0.5 * (1e-3 - 1e-5)), Rate(4), 1e-12);
        Assert.Equal(1e-3, Rate(9), 1e-12);
        Assert.Equal(1e-3, Rate(10), 1e-12);
        Assert.Equal((1e-3 + 1e-5) / 2, Rate(60), 1e-12);
        Assert.Equal(1e-5 + ((1e-3 - 1e-5) * 0.5 * (1 + Math.Cos(Math.PI * 0.25))), Rate(35), 1e-12);
        Assert.Equal(1e-5, Rate(110), 1e-12);
        Assert.Equal(1e-5, Rate(500), 1e-12);
    }

    [Fact]
    public void Schedules_hold_at_their_edges()
    {
        Assert.Equal(1e-3, Schedules.LearningRate(0, 100, 0, 1e-3, 1e-5), 1e-12);
        Assert.Equal(1e-5, Schedules.LearningRate(99, 100, 0, 1e-3, 1e-5), 1e-12);
        Assert.Equal(1e-5, Schedules.LearningRate(0, 1, 0, 1e-3, 1e-5), 1e-12);
        Assert.Equal(1e-3, Schedules.LearningRate(4, 5, 5, 1e-3, 1e-5), 1e-12);
        Assert.Equal(0, Schedules.Ramp(0, 10, 0.4));
        Assert.Equal(0.2, Schedules.Ramp(5, 10, 0.4), 1e-12);
        Assert.Equal(0.4, Schedules.Ramp(10, 10, 0.4), 1e-12);
        Assert.Equal(0.4, Schedules.Ramp(long.MaxValue, 10, 0.4), 1e-12);
        Assert.Equal(0.4, Schedules.Ramp(0, 0, 0.4), 1e-12);
    }
}
