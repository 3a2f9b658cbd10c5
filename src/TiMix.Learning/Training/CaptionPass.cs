using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Training;

/// <summary>
/// The captions of a micro-batch, as they are and as the language tasks change them, through the text encoder in one pass; and
/// the tasks' logits from them. Teacher and student both use it, so they predict at the same places.
/// </summary>
internal sealed class CaptionPass
{
    private readonly FusionModel _fusion;
    private readonly LanguageTasks _tasks;
    private readonly TextTokens? _masked;
    private readonly TextTokens? _prefixes;

    /// <param name="encoder">Whose text encoder and fusion.</param>
    /// <param name="tokens">[b, L], padded.</param>
    /// <param name="count">b.</param>
    /// <param name="tasks">What else is encoded.</param>
    /// <param name="device">Where to compute.</param>
    public CaptionPass(DualEncoder encoder, int[] tokens, int count, LanguageTasks tasks, Device device)
    {
        (_fusion, _tasks) = (encoder.Fusion, tasks);
        var variants = new List<int[]> { tokens };
        variants.AddRange(new[] { tasks.Masked?.Tokens, tasks.Prefix?.Prefixes }.OfType<int[]>());
        var ids = TokenMatrix.Of([.. variants.SelectMany(variant => variant)], count * variants.Count, device);
        var encoding = encoder.EncodeTexts(ids, all: true);
        var all = TextTokens.Of(encoding, ids);
        Clean = new TextEncoding(encoding.Feature.narrow(0, 0, count), encoding.Cls.narrow(0, 0, count), null);
        CleanTokens = all.Part(0, count);
        _masked = tasks.Masked is null ? null : all.Part(count, count);
        _prefixes = tasks.Prefix is null ? null : all.Part((variants.Count - 1) * count, count);
    }

    /// <summary>Features and class tokens of the captions as they are.</summary>
    public TextEncoding Clean { get; }

    /// <summary>All tokens of the captions as they are.</summary>
    public TextTokens CleanTokens { get; }

    /// <summary>Logits of the hidden words, [p, V]; null: there are none.</summary>
    /// <param name="images">One row a caption.</param>
    public Tensor? MaskedLogits(CrossMemory images) => _masked is null || _tasks.Masked!.Rows.Length == 0
        ? null
        : _fusion.Masked!.Logits(At(_fusion.Encoder!.Fuse(_masked, images, classOnly: false), _tasks.Masked.Rows, _tasks.Masked.Columns));

    /// <summary>Logits of the words that are written on, [p, V]; null: there are none.</summary>
    /// <param name="images">One row a caption.</param>
    /// <param name="imageTokens">[b, 1+N, C], the same images.</param>
    public Tensor? PrefixLogits(CrossMemory images, Tensor imageTokens)
    {
        if (_prefixes is null || _tasks.Prefix!.Rows.Length == 0)
        {
            return null;
        }

        var fused = _prefixes with { Tokens = _fusion.Encoder!.Fuse(_prefixes, images, classOnly: false) };
        var decoder = _fusion.Decoder!;
        var inputs = TokenMatrix.Of(_tasks.Prefix.Inputs, checked((int)imageTokens.size(0)), imageTokens.device);
        return decoder.Words(At(decoder.Hidden(inputs, decoder.Remember(imageTokens, fused)), _tasks.Prefix.Rows, _tasks.Prefix.Columns));
    }

    /// <summary>Single tokens of [b, T, Ct] as [p, Ct].</summary>
    private static Tensor At(Tensor tokens, int[] rows, int[] columns)
    {
        var length = tokens.size(1);
        var flat = rows.Zip(columns, (row, column) => (row * length) + column).ToArray();
        return tokens.reshape(-1, tokens.size(2)).index_select(0, tensor(flat, device: tokens.device));
    }
}
