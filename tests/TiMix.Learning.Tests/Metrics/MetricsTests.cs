using TiMix.Learning.Metrics;

namespace TiMix.Learning.Tests.Metrics;

/// <summary>Features for metric tests.</summary>
internal static class TestFeatures
{
    public static float[] Random(int count, int width, int seed)
    {
        var random = new Random(seed);
        var features = new float[count * width];
        for (int i = 0; i < count; i++)
        {
            var row = features.AsSpan(i * width, width);
            double norm = 0;
            for (int x = 0; x < width; x += 2)
            {
                double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())), angle = 2 * Math.PI * random.NextDouble();
                row[x] = (float)(radius * Math.Cos(angle));
                if (x + 1 < width)
                    row[x + 1] = (float)(radius * Math.Sin(angle));
            }

            foreach (float value in row)
                norm += value * (double)value;
            for (int x = 0; x < width; x++)
                row[x] /= (float)Math.Sqrt(norm);
        }

        return features;
    }

    public static float[] Eye(int count)
    {
        var features = new float[count * count];
        for (int i = 0; i < count; i++)
            features[i * count + i] = 1;
        return features;
    }
}

public sealed class RetrievalMetricsTests
{
    [Fact]
    public void Ranks_of_a_small_case_worked_by_hand()
    {
        // Scores, images down, captions across:
        // 0.9 0.1 0.5
        // 0.8 0.3 0.2
        // 0.1 0.4 0.7
        float[] scores = [0.9f, 0.1f, 0.5f, 0.8f, 0.3f, 0.2f, 0.1f, 0.4f, 0.7f];
        float[] text = [1, 0, 0, 0, 1, 0, 0, 0, 1];
        var (image, caption) = RetrievalMetrics.Ranks(scores, text, 3);
        Assert.Equal([1, 2, 1], image);
        Assert.Equal([1, 2, 1], caption);

        var result = RetrievalMetrics.Compute(scores, text, 3);
        Assert.Equal(200 / 3.0, result.ImageToTextR1, 1e-9);
        Assert.Equal(100, result.TextToImageR5);
        Assert.Equal((200 / 3.0 * 2 + 400) / 6, result.MeanRecall, 1e-9);
        Assert.Equal(1, result.MedianRank);
    }

    [Fact]
    public void Ranks_equal_a_sort_in_double_at_any_width()
    {
        foreach (int width in new[] { 1, 7, 16, 37, 128 })
        {
            const int count = 43;
            float[] image = TestFeatures.Random(count, width, 1), text = TestFeatures.Random(count, width, 2);
            double Score(int i, int j) => Enumerable.Range(0, width).Sum(x => (double)image[i * width + x] * text[j * width + x]);
            if (width == 1) // only ±1: all ties, which are counted against the answer
                Assert.All(RetrievalMetrics.Ranks(image, text, 1).ImageToText, rank => Assert.InRange(rank, 2, count));
            else
            {
                var (imageRanks, textRanks) = RetrievalMetrics.Ranks(image, text, width);
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(1 + Enumerable.Range(0, count).Count(j => Score(i, j) > Score(i, i) + 1e-9), imageRanks[i]);
                    Assert.Equal(1 + Enumerable.Range(0, count).Count(k => Score(k, i) > Score(i, i) + 1e-9), textRanks[i]);
                }
            }
        }
    }

    [Fact]
    public void Perfect_features_are_perfect()
    {
        var eye = TestFeatures.Eye(30);
        var result = RetrievalMetrics.Compute(eye, eye, 30);
        Assert.Equal(new RetrievalScores(100, 100, 100, 100, 100, 100, 100, 1), result);
    }

    [Fact]
    public void The_same_feature_for_everything_ranks_last_not_first()
    {
        var row = TestFeatures.Random(1, 37, 3);
        float[] same = [.. Enumerable.Repeat(row, 25).SelectMany(r => r)];
        var result = RetrievalMetrics.Compute(same, same, 37);
        Assert.Equal(0, result.MeanRecall);
        Assert.Equal(25, result.MedianRank);
    }

    [Fact]
    public void Scores_that_are_not_numbers_rank_last()
    {
        var features = Enumerable.Repeat(float.NaN, 20 * 4).ToArray();
        Assert.Equal(0, RetrievalMetrics.Compute(features, features, 4).MeanRecall);
    }

    [Fact]
    public void Random_features_are_at_chance()
    {
        const int count = 1000;
        var result = RetrievalMetrics.Compute(TestFeatures.Random(count, 64, 4), TestFeatures.Random(count, 64, 5), 64);
        Assert.InRange(result.MeanRecall, 0.2, 0.95); // (0.1 + 0.5 + 1) / 3 = 0.53
        Assert.InRange(result.MedianRank, 450, 550);
    }

    [Fact]
    public void The_best_of_several_captions_counts_and_own_captions_do_not_compete()
    {
        // Image 0 has captions 0 and 1, image 1 has caption 2. Scores: image 0: 0.2 0.9 0.5; image 1: 0.3 0.1 0.6.
        float[] image = [0.2f, 0.9f, 0.5f, 0.3f, 0.1f, 0.6f];
        var (imageRanks, textRanks) = RetrievalMetrics.Ranks(image, TestFeatures.Eye(3), 3, [0, 0, 1]);
        Assert.Equal([1, 1], imageRanks);
        Assert.Equal([2, 1, 1], textRanks);
        Assert.Throws<ArgumentException>(() => RetrievalMetrics.Ranks(image, TestFeatures.Eye(3), 3));
        Assert.Throws<ArgumentException>(() => RetrievalMetrics.Ranks(image, TestFeatures.Eye(3), 3, [0, 0, 2]));
    }
}

public sealed class MutualInformationTests
{
    [Fact]
    public void Perfect_features_reach_the_logarithm_of_the_candidates()
    {
        var eye = TestFeatures.Eye(64);
        var bounds = MutualInformation.Estimate(eye, eye, 64, 0.01, 16, 64, 65);
        Assert.Equal([16, 64], bounds.Select(b => b.Samples)); // 65 does not fit
        Assert.Equal([4, 1], bounds.Select(b => b.Blocks));
        foreach (var bound in bounds)
        {
            Assert.Equal(Math.Log(bound.Samples), bound.Nats, 1e-9);
            Assert.Equal(1, bound.Fraction, 1e-9);
        }
    }

    [Fact]
    public void Features_that_say_nothing_give_zero()
    {
        var same = Enumerable.Repeat(0.5f, 50 * 4).ToArray();
        Assert.Equal(0, MutualInformation.Estimate(same, same, 4, 0.07, 50)[0].Nats, 1e-9);
        float[] image = TestFeatures.Random(512, 64, 6), text = TestFeatures.Random(512, 64, 7);
        Assert.True(MutualInformation.Estimate(image, text, 64, 0.07, 256)[0].Nats < 0);
    }

    [Fact]
    public void The_bound_equals_its_definition_in_double()
    {
        const int count = 30, size = 12, width = 9;
        const double temperature = 0.05;
        float[] image = TestFeatures.Random(count, width, 8), text = TestFeatures.Random(count, width, 9);
        double Logit(int i, int j) => Enumerable.Range(0, width).Sum(x => (double)image[i * width + x] * text[j * width + x]) / temperature;
        double loss = 0;
        for (int i = 0; i < 24; i++) // two complete blocks of 12
        {
            var block = Enumerable.Range(i / size * size, size).ToArray();
            loss += Math.Log(block.Sum(j => Math.Exp(Logit(i, j)))) - Logit(i, i);
            loss += Math.Log(block.Sum(j => Math.Exp(Logit(j, i)))) - Logit(i, i);
        }

        var bound = MutualInformation.Estimate(image, text, width, temperature, size)[0];
        Assert.Equal(2, bound.Blocks);
        Assert.Equal(Math.Log(size) - loss / 48, bound.Nats, 1e-5);
        Assert.Equal(bound.Nats / Math.Log(size), bound.Fraction, 1e-12);
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        var eye = TestFeatures.Eye(4);
        Assert.Throws<ArgumentException>(() => MutualInformation.Estimate(eye, eye.AsSpan(4), 4, 0.07, 2));
        Assert.Throws<ArgumentException>(() => MutualInformation.Estimate(eye, eye, 4, 0, 2));
        Assert.Throws<ArgumentException>(() => MutualInformation.Estimate(eye, eye, 4, 0.07, 1));
        Assert.Throws<ArgumentException>(() => MutualInformation.Estimate(eye, eye, 3, 0.07, 2));
    }
}

public sealed class RepresentationMetricsTests
{
    [Fact]
    public void Two_pairs_worked_by_hand()
    {
        // Images e1, e2; captions e1, -e1.
        var scores = RepresentationMetrics.Compute([1, 0, 0, 1], [1, 0, -1, 0], 2);
        Assert.Equal(1, scores.Alignment, 1e-9); // (0 + 2) / 2
        Assert.Equal(-4, scores.ImageUniformity, 1e-6); // ln exp(-2·2)
        Assert.Equal(-8, scores.TextUniformity, 1e-6); // ln exp(-2·4)
        Assert.Equal(Math.Sqrt(0.5), scores.ModalityGap, 1e-9); // (½, ½) against (0, 0)
    }

    [Fact]
    public void Collapse_has_uniformity_zero_and_chance_has_alignment_two()
    {
        var same = Enumerable.Repeat(0.5f, 10 * 4).ToArray();
        Assert.Equal(new RepresentationScores(0, 0, 0, 0), RepresentationMetrics.Compute(same, same, 4));
        var scores = RepresentationMetrics.Compute(TestFeatures.Random(2000, 64, 1), TestFeatures.Random(2000, 64, 2), 64);
        Assert.Equal(2, scores.Alignment, 0.05);
        Assert.InRange(scores.ImageUniformity, -4, -3.7); // E exp(-4 + 4u·u'), u·u' about N(0, 1/64): -4 + 1/8
        Assert.Throws<ArgumentException>(() => RepresentationMetrics.Compute([1, 0], [1, 0], 2));
    }
}
