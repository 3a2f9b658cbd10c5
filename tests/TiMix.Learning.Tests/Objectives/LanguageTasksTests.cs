using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Steps;

namespace TiMix.Learning.Tests.Objectives;

public sealed class LanguageTasksTests
{
    private const int Vocabulary = 50;
    private static readonly SpecialTokens Special = new(Class: 2, Separator: 3, Mask: 4);

    [Fact]
    public void Hidden_words_are_a_share_of_all_and_four_in_five_of_them_become_the_mask()
    {
        var (words, chosen, masks, same) = (0, 0, 0, 0);
        for (ulong seed = 0; seed < 500; seed++)
        {
            int[] tokens = [2, .. Enumerable.Range(0, 40).Select(i => 5 + (int)((seed + (ulong)i) % 45)), 3, 0, 0];
            var masked = MaskedTokens.Of(tokens, 1, Vocabulary, Special, 0.15, seed);
            Assert.Equal(masked.Columns.Order(), masked.Columns);
            foreach (var (i, column) in masked.Columns.Index())
            {
                Assert.InRange(column, 1, 40);
                Assert.Equal(tokens[column], masked.Targets[i]);
                masks += masked.Tokens[column] == Special.Mask ? 1 : 0;
                same += masked.Tokens[column] == tokens[column] ? 1 : 0;
                Assert.True(masked.Tokens[column] is 4 or >= 5 and < Vocabulary or 1, $"{masked.Tokens[column]}");
            }

            // What was not chosen stays.
            Assert.All(Enumerable.Range(0, tokens.Length).Except(masked.Columns), column => Assert.Equal(tokens[column], masked.Tokens[column]));
            (words, chosen) = (words + 40, chosen + masked.Columns.Length);
        }

        // Five deviations around 3,000 of 20,000, 2,400 of 3,000, and 300 and a few that came back by chance.
        Assert.InRange(chosen, 2_750, 3_250);
        Assert.InRange((double)masks / chosen, 0.76, 0.84);
        Assert.InRange((double)same / chosen, 0.075, 0.13);
        Assert.Equal(20_000, words);
    }

    [Fact]
    public void A_caption_with_a_word_always_hides_one_and_one_without_hides_none()
    {
        int[] tokens = [2, 7, 3, 0, 2, 3, 0, 0, 2, 8, 9, 3];
        for (ulong seed = 0; seed < 50; seed++)
        {
            var masked = MaskedTokens.Of(tokens, 3, Vocabulary, Special, 1e-9, seed);
            Assert.Equal([0, 2], masked.Rows);
            Assert.Equal(7, masked.Targets[0]);
            Assert.Equal(1, masked.Columns[0]);
            var again = MaskedTokens.Of(tokens, 3, Vocabulary, Special, 1e-9, seed);
            Assert.Equal((string.Join(',', masked.Tokens), masked.Columns[1]), (string.Join(',', again.Tokens), again.Columns[1]));
        }
    }

    [Fact]
    public void A_caption_is_split_into_what_is_given_and_what_is_to_be_written()
    {
        int[] tokens = [2, 11, 12, 13, 3, 0, 2, 3, 0, 0, 0, 0];
        var seen = new SortedSet<int>();
        for (ulong seed = 0; seed < 200; seed++)
        {
            var split = PrefixSplits.Of(tokens, 2, Special, seed);
            int[] words = [11, 12, 13];
            var given = split.Prefixes.AsSpan(1, 5).IndexOf(3);
            seen.Add(given);
            Assert.Equal([2, .. words[..given], 3, .. new int[4 - given]], split.Prefixes[..6]);
            Assert.Equal([2, .. words[given..], .. new int[2 + given]], split.Inputs[..6]);
            Assert.Equal([.. words[given..], 3], split.Targets);
            Assert.Equal(Enumerable.Range(0, 4 - given), split.Columns);
            Assert.All(split.Rows, row => Assert.Equal(0, row));
            Assert.Equal([2, 3, 0, 0, 0, 0], split.Prefixes[6..]);
        }

        Assert.Equal([0, 1, 2], seen);
    }

    [Fact]
    public void A_captioner_is_given_nothing_and_an_answerer_the_question()
    {
        // [CLS] 11 12 [SEP] 13 14 [SEP], a row without an answer, and one without a question.
        int[] tokens = [2, 11, 12, 3, 13, 14, 3, 0, 2, 11, 12, 3, 3, 0, 0, 0, 2, 3, 15, 3, 0, 0, 0, 0];
        var answers = PrefixSplits.Of(tokens, 3, Special, 7, PrefixMode.First);
        Assert.Equal([2, 11, 12, 3, 0, 0, 0, 0, 2, 11, 12, 3, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0], answers.Prefixes);
        Assert.Equal([2, 13, 14, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 15, 0, 0, 0, 0, 0, 0], answers.Inputs);
        Assert.Equal([13, 14, 3, 15, 3], answers.Targets);
        Assert.Equal([0, 0, 0, 2, 2], answers.Rows);
        Assert.Equal([0, 1, 2, 0, 1], answers.Columns);

        var captions = PrefixSplits.Of([2, 11, 12, 3, 0, 0], 1, Special, 7, PrefixMode.Empty);
        Assert.Equal([2, 3, 0, 0, 0, 0], captions.Prefixes);
        Assert.Equal([11, 12, 3], captions.Targets);
    }

    [Fact]
    public void A_negative_is_drawn_in_proportion_to_its_likeness_and_is_never_the_own_one()
    {
        // Text 0: images 1 and 2 weigh 3 : 1; image 0: texts 1 and 2 weigh 1 : 4.
        double[] logits = [9, 0, Math.Log(4), Math.Log(3), 9, 0, 0, 0, 9];
        int[] tokens = [5, 6, 7];
        var (images, texts) = (0, 0);
        for (ulong seed = 0; seed < 4000; seed++)
        {
            var drawn = HardNegatives.Draw(logits, tokens, seed);
            Assert.All(Enumerable.Range(0, 3), i => Assert.True(drawn.ImageOfText[i] != i && drawn.TextOfImage[i] != i));
            images += drawn.ImageOfText[0] == 1 ? 1 : 0;
            texts += drawn.TextOfImage[0] == 2 ? 1 : 0;
        }

        Assert.InRange(images / 4000.0, 0.71, 0.79);
        Assert.InRange(texts / 4000.0, 0.76, 0.84);
    }

    [Fact]
    public void The_same_caption_is_no_negative_unless_there_is_no_other()
    {
        var logits = new double[9];
        for (ulong seed = 0; seed < 100; seed++)
        {
            // Captions 0 and 1 are the same, so 2 is the only stranger of both.
            var drawn = HardNegatives.Draw(logits, [5, 6, 5, 6, 5, 7], seed);
            Assert.Equal((2, 2, 2, 2), (drawn.ImageOfText[0], drawn.ImageOfText[1], drawn.TextOfImage[0], drawn.TextOfImage[1]));
        }

        var all = Enumerable.Range(0, 300).Select(seed => HardNegatives.Draw(logits, [5, 5, 5], (ulong)seed).ImageOfText[0]).ToArray();
        Assert.InRange(all.Count(image => image == 1), 110, 190);
        Assert.DoesNotContain(0, all);
    }

    [Fact]
    public void Likenesses_that_are_no_numbers_make_the_draw_uniform()
    {
        double[] logits = [.. Enumerable.Repeat(double.NaN, 9)];
        var drawn = Enumerable.Range(0, 300).Select(seed => HardNegatives.Draw(logits, [5, 6, 7], (ulong)seed).TextOfImage[1]).ToArray();
        Assert.InRange(drawn.Count(text => text == 0), 110, 190);
        Assert.DoesNotContain(1, drawn);
        Assert.Contains("b at least 2", Assert.Throws<ArgumentException>(() => HardNegatives.Draw([1.0], [5], 1)).Message, StringComparison.Ordinal);
    }
}
