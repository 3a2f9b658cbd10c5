using TiMix.Exchange;
using TiMix.Protocol.Messages;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;
using TiMix.Work.Training;

namespace TiMix.Actors.Messages;

/// <summary>What messages carry for those who compute: bundles that wait to be fetched.</summary>
internal static class Contents
{
    /// <summary>Nobody fetches it any more.</summary>
    public static void Release(this ExchangeNode exchange, IContent content)
    {
        switch (content)
        {
            case LoadedSamples loaded:
                exchange.Release(loaded.Samples);
                break;
            case MixedSamples mixed:
                exchange.Release(mixed.Loaded.Samples);
                exchange.Release(mixed.Teacher);
                break;
            case TeacherParameters teacher:
                exchange.Release(teacher.Parameters);
                break;
            case StepSum sum:
                exchange.Release(sum.Sum);
                break;
            case StateBuffers state:
                foreach (var buffer in state.Buffers.Values)
                {
                    exchange.Release(buffer);
                }

                break;
            default:
                throw new ArgumentException($"Nobody knows how to release {content.GetType().Name}.", nameof(content));
        }
    }
}
