using System.Text.Json.Nodes;

namespace TiMix.Data.Text;

/// <summary>A vocabulary as transformers' BertTokenizer opens it: <c>vocab.txt</c> and <c>tokenizer_config.json</c>.</summary>
public static class BertTokenizerFiles
{
    private const string Vocabulary = "vocab.txt";

    /// <summary>Writes both files into a directory, which is there.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="length">Ids that a text is filled up or cut to.</param>
    public static void Write(string directory, WordPieceTokenizer tokenizer, int length)
    {
        File.WriteAllText(Path.Combine(directory, Vocabulary), string.Join('\n', tokenizer.Pieces) + "\n");
        var config = new JsonObject
        {
            ["tokenizer_class"] = "BertTokenizer",
            ["do_lower_case"] = true, ["strip_accents"] = true, ["tokenize_chinese_chars"] = true,
            ["model_max_length"] = length, ["padding_side"] = "right",
            ["pad_token"] = "[PAD]", ["unk_token"] = "[UNK]", ["cls_token"] = "[CLS]", ["sep_token"] = "[SEP]", ["mask_token"] = "[MASK]",
        };
        File.WriteAllText(Path.Combine(directory, "tokenizer_config.json"), config.ToJsonString(new() { WriteIndented = true }) + "\n");
    }
}
