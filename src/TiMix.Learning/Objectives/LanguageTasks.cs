using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;

namespace TiMix.Learning.Objectives;

/// <summary>What the captions of one micro-batch are turned into in one step: hidden words and beginnings, where they are wanted.</summary>
/// <param name="Masked">Null: not wanted.</param>
/// <param name="Prefix">Null: not wanted.</param>
public sealed record LanguageTasks(MaskedTokens? Masked, PrefixSplits? Prefix)
{
    private const ulong MaskedDomain = 0x6D61736B, PrefixDomain = 0x70726566, NegativesDomain = 0x6E656761;

    /// <summary>A pure function of the captions and of (run seed, step, micro-batch): mixer and trainer compute it each for itself.</summary>
    /// <param name="tokens">[b, L], padded with 0.</param>
    /// <param name="count">b.</param>
    /// <param name="microBatch">Place in the global batch.</param>
    /// <param name="settings">Which are wanted, and the seed.</param>
    /// <param name="config">Vocabulary.</param>
    public static LanguageTasks Of(ReadOnlySpan<int> tokens, int count, int microBatch, StepSettings settings, ModelConfig config) => new(
        settings.MlmWeight > 0
            ? MaskedTokens.Of(tokens, count, config.VocabularySize, config.SpecialTokens, settings.MlmShare, SeedOf(settings, microBatch, MaskedDomain))
            : null,
        settings.PrefixLmWeight > 0 ? PrefixSplits.Of(tokens, count, config.SpecialTokens, SeedOf(settings, microBatch, PrefixDomain), settings.Prefix) : null);

    /// <summary>Seed of the matching loss's negatives.</summary>
    public static ulong NegativesSeed(StepSettings settings, int microBatch) => SeedOf(settings, microBatch, NegativesDomain);

    private static ulong SeedOf(StepSettings settings, int microBatch, ulong domain) => Seeds.Mix(settings.Seed, (ulong)settings.Step, (ulong)microBatch, domain);
}
