using TiMix.Base;
using TiMix.Data.Text;

namespace TiMix.Data.Tests.Text;

public sealed class TextTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("A Red DOG, left-of the cat!", "a red dog left of the cat")]
    [InlineData("  the dog's\t\n\"house\"  ", "the dogs house")]
    [InlineData("Ein ÄRGER über Straße", "ein ärger über straße")]
    [InlineData("ПРИВЕТ, мир.", "привет мир")]
    [InlineData("一只猫，在这里。", "一只猫 在这里")]
    [InlineData("قطة، جميلة؟", "قطة جميلة")]
    [InlineData("dog 🐶!", "dog 🐶")]
    [InlineData("?!… — .", "")]
    [InlineData("&quot;Salt &amp;amp; Pepper&quot; isn&#39;t &#x41;&unknown; R&D", "salt pepper isnt a unknown r d")]
    [InlineData("\ud800 x \udc00", "x")]
    [InlineData("", "")]
    public void Captions_are_cleaned_in_every_alphabet(string raw, string cleaned) => Assert.Equal(cleaned, CaptionText.Clean(raw));

    [Fact]
    public void A_caption_keeps_thirty_words()
    {
        var cleaned = CaptionText.Clean(string.Join(", ", Enumerable.Range(1, 40).Select(i => $"w{i}")));
        Assert.Equal(30, cleaned.Split(' ').Length);
        Assert.EndsWith(" w30", cleaned, StringComparison.Ordinal);
        Assert.Equal(cleaned + " w31 w32", CaptionText.CleanWhole(string.Join("-", Enumerable.Range(1, 32).Select(i => $"W{i}"))));
    }

    [Theory]
    [InlineData("a red dog", "red dog", true)]
    [InlineData("a red dog", "a red", true)]
    [InlineData("a red doghouse", "red dog", false)]
    [InlineData("bread dog red dog", "red dog", true)]
    [InlineData("a dog", "", false)]
    public void A_phrase_is_found_word_for_word(string caption, string phrase, bool found) => Assert.Equal(found, CaptionText.Contains(caption, phrase));

    [Fact]
    public void Tokens_stand_between_cls_and_sep_and_are_padded()
    {
        var tokenizer = TestVocabulary.Tokenizer;
        Assert.Equal(Ids("[CLS]", "a", "red", "dog", "##s", "[SEP]", "[PAD]", "[PAD]"), tokenizer.Encode("a red dogs", 8));
        Assert.Equal(Ids("[CLS]", "a", "red", "[SEP]"), tokenizer.Encode("a red dog", 4));
        Assert.Equal(Ids("[CLS]", "[SEP]", "[PAD]"), tokenizer.Encode("", 3));
        Assert.Equal(
            (20, 0, 2, 3, 1, 4), (tokenizer.VocabularySize, tokenizer.PadId, tokenizer.ClassId, tokenizer.SeparatorId, tokenizer.UnknownId, tokenizer.MaskId));
    }

    [Theory]
    [InlineData("Café", "cafe")]
    [InlineData("cafe\u0301", "cafe")]
    [InlineData("猫猫", "猫", "猫")]
    [InlineData("dog ქართული dog", "dog", "[UNK]", "dog")]
    [InlineData("قطة", "[UNK]")]
    [InlineData("[SEP]", "[UNK]", "[UNK]", "[UNK]")]
    public void Accents_go_Chinese_is_split_and_unknown_alphabets_are_unknown(string text, params string[] pieces)
        => Assert.Equal(Ids(["[CLS]", .. pieces, "[SEP]"]), TestVocabulary.Tokenizer.Encode(text, pieces.Length + 2));

    [Theory]
    [InlineData("🍎", false)]
    [InlineData("$ + = < > | ~ ½ ² ©", false)]
    [InlineData("", false)]
    [InlineData("7", true)]
    [InlineData("x", true)]
    [InlineData("猫", true)]
    [InlineData("🍎 ไม", true)]
    [InlineData("Ⅳ", true)]
    public void Symbols_alone_are_no_word(string text, bool has) => Assert.Equal(has, CaptionText.HasWord(CaptionText.Clean(text)));

    [Fact]
    public void An_empty_line_of_a_vocabulary_is_an_id_that_no_word_has()
    {
        File.WriteAllText(_directory.File("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\ndog\n\n##s\n");
        var tokenizer = WordPieceTokenizer.Open(_directory.File("vocab.txt"));
        Assert.Equal(9, tokenizer.VocabularySize);
        Assert.Equal([2, 6, 8, 3, 0], tokenizer.Encode("dogs", 5));
        Assert.Equal([2, 3, 0, 0, 0], tokenizer.Encode("  ", 5));
        Assert.Equal("dog dog", tokenizer.Decode([6, 5, 6]));
    }

    [Fact]
    public void The_longest_piece_is_taken_and_a_word_without_pieces_or_end_is_unknown()
    {
        var tokenizer = WordPieceTokenizer.Create(
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "una", "##aff", "##able", "##a", "##b", "🍎", "##🍎", "$"], "test");
        Assert.Equal([1], Words(tokenizer, "unaffable"));
        Assert.Equal([5, 10, 7, 8], Words(tokenizer, "unbaffable"));
        Assert.Equal([6, 10], Words(tokenizer, "unab"));
        Assert.Equal([1, 13, 1], Words(tokenizer, "unx $ ½"));
        Assert.Equal([11, 12, 13], Words(tokenizer, "🍎🍎$"));
        Assert.Equal([1], Words(tokenizer, "un" + new string('b', 99)));
        Assert.Equal(99, Words(tokenizer, "un" + new string('b', 98)).Length);
    }

    [Fact]
    public void No_text_makes_the_tokenizer_fail()
    {
        var random = new SeededRandom(5);
        for (var n = 0; n < 2000; n++)
        {
            var text = new string(Enumerable.Range(0, random.NextInt(12)).Select(_ => (char)random.NextInt(65536)).ToArray());
            var ids = TestVocabulary.Tokenizer.Encode(text, 16);
            Assert.All(ids, id => Assert.InRange(id, 0, 19));
            Assert.Contains(TestVocabulary.Id("[SEP]"), ids);
            TestVocabulary.Tokenizer.Encode(CaptionText.Clean(text), 16);
        }
    }

    [Theory]
    [InlineData("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ndog\n##s\n")]
    [InlineData("vocab.txt", "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\ndog\r\n##s")]
    [InlineData("vocab.json", "[\"[PAD]\",\"[UNK]\",\"[CLS]\",\"[SEP]\",\"[MASK]\",\"dog\",\"##s\"]")]
    [InlineData("vocab.json", "[\"[PAD]\",\"[UNK]\",\"[CLS]\",\"[SEP]\",\"[MASK]\",\"\\u2581dog\",\"s\"]")]
    public void Vocabularies_are_read_in_each_style(string name, string content)
    {
        File.WriteAllText(_directory.File(name), content);
        var tokenizer = WordPieceTokenizer.Open(_directory.File(name));
        Assert.Equal(7, tokenizer.VocabularySize);
        Assert.Equal([2, 5, 6, 3, 0], tokenizer.Encode("dogs", 5));
    }

    [Theory]
    [InlineData("[PAD]\n[UNK]\n[CLS]\ndog\n", "lacks [SEP], [MASK]")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ndog\ndog\n", "\"dog\", is there twice")]
    [InlineData("[null, 3]", "neither a vocab.txt")]
    public void A_wrong_vocabulary_is_refused_with_the_reason(string content, string reason)
    {
        File.WriteAllText(_directory.File("vocab.txt"), content);
        var message = Assert.Throws<DataException>(() => WordPieceTokenizer.Open(_directory.File("vocab.txt"))).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains(
            "cannot be read", Assert.Throws<DataException>(() => WordPieceTokenizer.Open(_directory.File("none.txt"))).Message, StringComparison.Ordinal);
    }

    private static int[] Words(WordPieceTokenizer tokenizer, string text) => tokenizer.Encode(text, 128).Where(id => id is not (0 or 2 or 3)).ToArray();

    private static int[] Ids(params string[] pieces) => pieces.Select(TestVocabulary.Id).ToArray();
}
