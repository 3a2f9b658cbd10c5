using TiMix.Learning.Metrics;

namespace TiMix.Learning.Tests.Metrics;

public sealed class ZeroShotTests
{
    [Fact]
    public void A_class_is_the_normalised_mean_of_its_prompts()
    {
        // Class 0: e1 and e2; class 1: e2 twice; class 2: e1 and -e1, which cancel out.
        float[] prompts = [1, 0, 0, 1, 0, 1, 0, 1, 1, 0, -1, 0];
        float half = (float)Math.Sqrt(0.5);
        Assert.Equal([half, half, 0, 1, 0, 0], ZeroShot.ClassEmbeddings(prompts, 2, 2));
        Assert.Throws<ArgumentException>(() => ZeroShot.ClassEmbeddings(prompts, 4, 2));
    }

    [Fact]
    public void Accuracy_counted_by_hand()
    {
        // Scores of seven classes. Image 0 (class 0): first. Image 1 (class 0): second. Image 2 (class 1): a tie for the first
        // place. Image 3 (class 2): sixth.
        float[] images =
        [
            0.9f, 0.1f, 0, 0, 0, 0, 0,
            0.5f, 0.6f, 0, 0, 0, 0, 0,
            0.4f, 0.4f, 0, 0, 0, 0, 0,
            0.6f, 0.5f, 0.1f, 0.4f, 0.3f, 0.2f, 0,
        ];
        var scores = ZeroShot.Score(images, TestFeatures.Eye(7), 7, [0, 0, 1, 2]);
        Assert.Equal(25, scores.Top1);
        Assert.Equal(75, scores.Top5);
        Assert.Equal([50, 0, 0, double.NaN], scores.Classes[..4]);
        Assert.Equal([2, 1, 1, 0, 0, 0, 0], scores.Images);
        Assert.Throws<ArgumentException>(() => ZeroShot.Score(images, TestFeatures.Eye(7), 7, [0, 0, 1, 7]));
        Assert.Throws<ArgumentException>(() => ZeroShot.Score(images, TestFeatures.Eye(7), 7, [0]));
    }

    [Fact]
    public void What_is_not_a_number_is_never_right()
    {
        var scores = ZeroShot.Score([float.NaN, float.NaN], TestFeatures.Eye(2), 2, [0]);
        Assert.Equal((0, 100), (scores.Top1, scores.Top5)); // two classes: any is among the first five
    }

    [Fact]
    public void Guesses_come_best_first_with_their_share()
    {
        // e^(0.1/0.1) : e^(0.3/0.1) : e^(0.2/0.1) = 1 : e² : e.
        var guesses = ZeroShot.Guess([0.1f, 0.3f, 0.2f], TestFeatures.Eye(3), 0.1, 2);
        double sum = 1 + Math.E + Math.E * Math.E;
        Assert.Equal([1, 2], guesses.Select(guess => guess.Class));
        Assert.Equal(Math.E * Math.E / sum, guesses[0].Probability, 1e-6);
        Assert.Equal(Math.E / sum, guesses[1].Probability, 1e-6);
    }

    [Fact]
    public void The_nearest_rows_come_first_and_of_equal_ones_the_lower()
    {
        float[] features = [0, 1, 1, 0, 0.6f, 0.8f, 1, 0];
        var found = NearestRows.Find([1, 0], features, 3);
        Assert.Equal([1, 3, 2], found.Select(hit => hit.Row));
        Assert.Equal([1f, 1f, 0.6f], found.Select(hit => hit.Score));
    }
}
