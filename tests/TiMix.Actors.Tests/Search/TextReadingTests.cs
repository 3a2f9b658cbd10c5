using TiMix.Data.Text;
using TiMix.Work.Search;

namespace TiMix.Actors.Tests.Search;

public sealed class TextReadingTests
{
    private static readonly WordPieceTokenizer Tokenizer = WordPieceTokenizer.Create(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "dog", "on", "beach", "##s", "c", "##a", "##t", "猫"], "test");

    [Theory]
    [InlineData("A dog, on a BEACH!", "")]
    [InlineData("dogs on beachs", "")]
    [InlineData("a 猫猫", "")]
    [InlineData("the dog on the sofa", "the sofa")]
    [InlineData("собака на a dog", "собака на")]
    [InlineData("a cat", "cat")]
    public void Words_that_the_vocabulary_lacks_or_has_only_letter_by_letter_are_unknown(string text, string unknown)
    {
        var reading = Read(text, 20);
        Assert.Equal(unknown.Split(' ', StringSplitOptions.RemoveEmptyEntries), reading.Unknown);
        Assert.Empty(reading.Unread);
        Assert.False(reading.SaysNothing);
    }

    [Theory]
    [InlineData("a dog on", 5, "")]
    [InlineData("a dog on a beach", 5, "a beach")]
    [InlineData("a dogs dog", 5, "dog")]
    [InlineData("a a dogs dog", 5, "dogs dog")]
    [InlineData("猫猫猫猫 dog", 5, "猫猫猫猫 dog")]
    [InlineData("a dog on a sofa", 5, "a sofa")]
    public void Words_that_do_not_fit_the_context_are_unread(string text, int contextLength, string unread)
    {
        var reading = Read(text, contextLength);
        Assert.Equal(unread.Split(' ', StringSplitOptions.RemoveEmptyEntries), reading.Unread);
        Assert.Empty(reading.Unknown);
        Assert.Equal(text, reading.Text);
    }

    [Fact]
    public void Past_thirty_words_nothing_is_read_however_long_the_context()
    {
        var reading = Read(string.Join(' ', Enumerable.Repeat("a dog", 16)), 100);
        Assert.Equal(["a", "dog"], reading.Unread);
        Assert.Equal(30, reading.Text.Split(' ').Length);
    }

    [Theory]
    [InlineData("собака на пляже", 20, true)]
    [InlineData("cat", 20, true)]
    [InlineData("собака dog", 20, false)]
    [InlineData("кот кот кот dog", 5, true)]
    [InlineData("кот кот dog", 5, false)]
    public void A_text_says_nothing_if_no_word_that_is_read_is_known(string text, int contextLength, bool nothing) =>
        Assert.Equal(nothing, Read(text, contextLength).SaysNothing);

    [Fact]
    public void A_text_without_a_word_is_empty() => Assert.Equal("", Read("?! …", 20).Text);

    private static TextReading Read(string text, int contextLength) => TextReading.Of(text, Tokenizer, contextLength);
}
