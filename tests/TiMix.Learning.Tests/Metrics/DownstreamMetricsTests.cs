using TiMix.Learning.Metrics;
using Xunit;

namespace TiMix.Learning.Tests.Metrics;

/// <summary>Cases counted by hand.</summary>
public sealed class DownstreamMetricsTests
{
    [Fact]
    public void Bleu_multiplies_the_precisions_of_runs_of_one_to_four_words()
    {
        // 6 of 7 words, 5 of 6 pairs, 4 of 5 triples, 3 of 4 quadruples; the closest reference is as long.
        var bleu = Bleu.Compute(["the cat is on the mat today"], [["the cat is on the mat", "there is a cat on the mat"]]);
        Assert.Equal(100 * Math.Pow(3.0 / 7, 0.25), bleu, 1e-9);
    }

    [Fact]
    public void Bleu_marks_down_what_is_shorter_than_the_closest_reference()
    {
        Assert.Equal(100 * Math.Exp(1 - (6.0 / 4)), Bleu.Compute(["the cat is on"], [["the cat is on the mat"]]), 1e-9);
        Assert.Equal(100, Bleu.Compute(["a b c d"], [["a b c", "a b c d e"]]), 1e-9);
    }

    [Fact]
    public void Bleu_counts_over_the_corpus_and_clips_repeated_words()
    {
        // words 4 + 1 of 4 + 4, pairs 3 of 6, triples 2 of 4, quadruples 1 of 2
        var bleu = Bleu.Compute(["a b c d", "a a a a"], [["a b c d"], ["a x y z"]]);
        Assert.Equal(100 * Math.Pow(5.0 / 8 * 3 / 6 * 2 / 4 * 1 / 2, 0.25), bleu, 1e-9);
        Assert.Equal(0, Bleu.Compute(["a b c"], [["a b c"]]));
    }

    [Fact]
    public void Cider_weighs_runs_by_how_few_pictures_have_them()
    {
        IReadOnlyList<IReadOnlyList<string>> references = [["a dog"], ["a cat"]];
        // "a" weighs nothing; "dog" and "a dog" fit; there are no longer runs: 10 · (1 + 1) / 4
        Assert.Equal(5, Cider.Compute(["a dog", "a cat"], references), 1e-9);
        Assert.Equal(2.5, Cider.Compute(["a dog", "a dog"], references), 1e-9);
    }

    [Fact]
    public void Cider_marks_down_another_length_and_clips_repetition()
    {
        IReadOnlyList<IReadOnlyList<string>> references = [["a dog"], ["a cat"]];
        Assert.Equal(((10 * 0.25 * Math.Exp(-1.0 / 72)) + 5) / 2, Cider.Compute(["dog", "a cat"], references), 1e-9);
        Assert.Equal(((10 * 0.25 * 0.5) + 5) / 2, Cider.Compute(["dog dog", "a cat"], references), 1e-9);
    }

    [Fact]
    public void Cider_is_the_mean_over_the_references_of_a_picture()
    {
        // "dog" against "dog" fits in words only (10 / 4), against "cat" in nothing.
        Assert.Equal(10 * 0.25 / 2 / 2, Cider.Compute(["dog", "x"], [["dog", "cat"], ["bird"]]), 1e-9);
    }

    [Fact]
    public void An_answer_counts_by_how_many_people_gave_it_with_each_of_them_left_out_once()
    {
        string[] People(int yes) => [.. Enumerable.Range(0, 10).Select(i => i < yes ? "yes" : "no")];
        Assert.Equal(1, VqaAccuracy.Of("yes", People(4)), 1e-12);
        Assert.Equal(0.9, VqaAccuracy.Of("yes", People(3)), 1e-12);
        Assert.Equal(0.6, VqaAccuracy.Of("yes", People(2)), 1e-12);
        Assert.Equal(0.3, VqaAccuracy.Of("yes", People(1)), 1e-12);
        Assert.Equal(0, VqaAccuracy.Of("maybe", People(1)), 1e-12);
        Assert.Equal(1, VqaAccuracy.Of("yes", ["yes"]), 1e-12);
        Assert.Equal(45, VqaAccuracy.Compute(["yes", "2"], [People(3), ["3"]]), 1e-9);
    }

    [Theory]
    [InlineData("A dog.", "dog")]
    [InlineData("  The RED-car ", "red car")]
    [InlineData("Two", "2")]
    [InlineData("1,000", "1000")]
    [InlineData("3.5", "3.5")]
    [InlineData("10:30?", "10:30")]
    [InlineData("кот!", "кот")]
    public void Answers_are_compared_without_articles_case_and_punctuation(string answer, string normal) => Assert.Equal(normal, VqaAccuracy.Normalize(answer));

    [Fact]
    public void Boxes_overlap_by_what_both_cover_of_what_either_covers()
    {
        Assert.Equal(1.0 / 3, Grounding.IntersectionOverUnion([0, 0, 10, 10], [5, 0, 10, 10]), 1e-12);
        Assert.Equal(0, Grounding.IntersectionOverUnion([0, 0, 10, 10], [10, 0, 10, 10]), 1e-12);
        Assert.Equal(0, Grounding.IntersectionOverUnion([3, 3, 0, 0], [3, 3, 0, 0]), 1e-12);
        Assert.Equal(50, Grounding.Accuracy([0, 0, 10, 10, 0, 0, 10, 10], [0, 0, 10, 5, 0, 0, 10, 4.9f]), 1e-12);
    }

    [Fact]
    public void The_box_of_a_map_surrounds_the_patches_that_hang_together_with_the_most_salient_one()
    {
        float[] probabilities =
        [
            0.1f, 0.5f, 0.1f, 0.8f,
            0.1f, 0.9f, 0.6f, 0.1f,
            0.1f, 0.1f, 0.4f, 0.1f,
            0.7f, 0.1f, 0.1f, 0.1f,
        ];
        float[] map = [.. probabilities.Select(p => MathF.Log(p))];
        Assert.Equal([8, 0, 16, 16], Grounding.BoxOf(map, 4, 8));
        Assert.Equal([8, 0, 16, 24], Grounding.BoxOf(map, 4, 8, share: 0.4));
        Assert.Equal([8, 8, 8, 8], Grounding.BoxOf(map, 4, 8, share: 1));
        Assert.Equal([12, 4, 8, 8], Grounding.BoxOf(map, 4, 8, inset: 0.5));
        Assert.Equal([8, 8, 8, 8], Grounding.BoxOf(map, 4, 8, share: 1, inset: 0.5));
    }

    [Fact]
    public void Numbers_that_do_not_fit_are_refused()
    {
        Assert.Contains(
            "2 captions and references of 1", Assert.Throws<ArgumentException>(() => Bleu.Compute(["a", "b"], [["a"]])).Message, StringComparison.Ordinal);
        Assert.Contains("Picture 0 has no reference", Assert.Throws<ArgumentException>(() => Cider.Compute(["a"], [[]])).Message, StringComparison.Ordinal);
        Assert.Contains("8 and 4", Assert.Throws<ArgumentException>(() => Grounding.Accuracy(new float[8], new float[4])).Message, StringComparison.Ordinal);
    }
}
