using TiMix.Learning.Metrics;

namespace TiMix.Learning.Tests.Metrics;

public sealed class RetrievalCandidatesTests
{
    // Scores, images down, captions across; captions 0 and 1 are of image 0, 2 of image 1, 3 of image 2.
    // 0.5 0.2 0.9 0.5
    // 0.8 0.1 0.7 0.3
    // 0.4 0.6 0.1 0.2
    private static readonly float[] Image = [0.5f, 0.2f, 0.9f, 0.5f, 0.8f, 0.1f, 0.7f, 0.3f, 0.4f, 0.6f, 0.1f, 0.2f];
    private static readonly int[] Owner = [0, 0, 1, 2];

    [Fact]
    public void The_best_come_first_and_of_equal_scores_the_wrong_one()
    {
        var candidates = RetrievalCandidates.Find(Image, TestFeatures.Eye(4), 4, 3, Owner);
        // Image 0: 0.9, then 0.5 twice: caption 3 is a stranger's and comes before caption 0.
        Assert.Equal([2, 3, 0, 0, 2, 3, 1, 0, 3], candidates.Captions);
        Assert.Equal([1, 0, 2, 2, 0, 1, 0, 1, 2, 0, 1, 2], candidates.Images);
        Assert.Equal((3, 3), (candidates.CaptionsPerImage, candidates.ImagesPerCaption));
        Assert.Equal(4, RetrievalCandidates.Find(Image, TestFeatures.Eye(4), 4, 256, Owner).CaptionsPerImage);
        Assert.Throws<ArgumentException>(() => RetrievalCandidates.Find(Image, TestFeatures.Eye(4), 4, 0, Owner));
    }

    [Fact]
    public void Reranking_moves_candidates_among_themselves_and_leaves_the_others_behind()
    {
        var (captions, images) = RetrievalMetrics.Ranks(Image, TestFeatures.Eye(4), 4, Owner);
        Assert.Equal([3, 2, 3], captions);
        Assert.Equal([2, 2, 2, 3], images);

        // Two candidates each: images 2 3 | 0 2 | 1 0, captions 1 0 | 2 0 | 0 1 | 0 1.
        var candidates = RetrievalCandidates.Find(Image, TestFeatures.Eye(4), 4, 2, Owner);
        Assert.Equal([2, 3, 0, 2, 1, 0], candidates.Captions);
        Assert.Equal([1, 0, 2, 0, 0, 1, 0, 1], candidates.Images);
        // Image 0 has no answer among its candidates and keeps rank 3; image 1's answer, caption 2, now wins; image 2 keeps 3.
        Assert.Equal([3, 1, 3], candidates.RerankCaptions(captions, [0, 0, 0.1f, 0.9f, 0, 0]));
        // Caption 0: its image 0 wins; caption 1: a tie, which counts against it; caption 2: image 1 loses; caption 3: no answer.
        Assert.Equal([1, 2, 2, 3], candidates.RerankImages(images, [0.1f, 0.2f, 5, 5, 0.3f, 0.2f, 0, 0]));
        Assert.Throws<ArgumentException>(() => candidates.RerankCaptions(captions, [0, 0]));
        Assert.Throws<ArgumentException>(() => candidates.RerankImages(captions, new float[8]));
    }

    [Fact]
    public void The_same_scores_again_change_no_rank_whatever_k()
    {
        const int images = 40, width = 6;
        int[] owner = [.. Enumerable.Range(0, 130).Select(j => j < images ? j : j * 7 % images)];
        float[] image = TestFeatures.Random(images, width, 1), text = TestFeatures.Random(owner.Length, width, 2);
        image.AsSpan(0, width).CopyTo(image.AsSpan(width)); // ties
        text.AsSpan(0, 3 * width).CopyTo(text.AsSpan(20 * width));
        var (captionRanks, imageRanks) = RetrievalMetrics.Ranks(image, text, width, owner);
        foreach (int k in new[] { 1, 2, 9, 64, 1000 })
        {
            var candidates = RetrievalCandidates.Find(image, text, width, k, owner);
            float Score(int i, int j) => FeatureMatrix.Dot(image.AsSpan(i * width, width), text.AsSpan(j * width, width));
            float[] captionScores = [.. candidates.Captions.Select((caption, c) => Score(c / candidates.CaptionsPerImage, caption))];
            float[] imageScores = [.. candidates.Images.Select((of, c) => Score(of, c / candidates.ImagesPerCaption))];
            Assert.Equal(captionRanks, candidates.RerankCaptions(captionRanks, captionScores));
            Assert.Equal(imageRanks, candidates.RerankImages(imageRanks, imageScores));
            Assert.All(captionScores.Chunk(candidates.CaptionsPerImage), scores => Assert.Equal(scores.OrderDescending(), scores));
        }
    }

    [Fact]
    public void Scores_that_are_not_numbers_put_the_answer_last()
    {
        var features = Enumerable.Repeat(float.NaN, 5 * 4).ToArray();
        var candidates = RetrievalCandidates.Find(features, features, 4, 5);
        Assert.Equal([1, 2, 3, 4, 0], candidates.Captions[..5]);
        Assert.Equal([5, 5, 5, 5, 5], candidates.RerankCaptions([5, 5, 5, 5, 5], Enumerable.Repeat(float.NaN, 25).ToArray()));
    }

    [Fact]
    public void Ranks_over_many_blocks_equal_those_counted_one_by_one()
    {
        const int images = 60, width = 64; // a block has 1,024 captions
        int[] owner = [.. Enumerable.Range(0, 2500).Select(j => j < images ? j : j * 31 % images)];
        float[] image = TestFeatures.Random(images, width, 3), text = TestFeatures.Random(owner.Length, width, 4);
        var (captionRanks, imageRanks) = RetrievalMetrics.Ranks(image, text, width, owner);
        float Score(int i, int j) => FeatureMatrix.Dot(image.AsSpan(i * width, width), text.AsSpan(j * width, width));
        for (int i = 0; i < images; i++)
        {
            float best = Enumerable.Range(0, owner.Length).Where(j => owner[j] == i).Max(j => Score(i, j));
            Assert.Equal(1 + Enumerable.Range(0, owner.Length).Count(j => owner[j] != i && Score(i, j) >= best), captionRanks[i]);
        }

        for (int j = 0; j < owner.Length; j += 97)
            Assert.Equal(1 + Enumerable.Range(0, images).Count(i => i != owner[j] && Score(i, j) >= Score(owner[j], j)), imageRanks[j]);
    }
}
