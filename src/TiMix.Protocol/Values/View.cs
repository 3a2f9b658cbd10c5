namespace TiMix.Protocol.Values;

/// <summary>Who trains from a step on.</summary>
/// <param name="Generation">Rises with every view that is proposed; whatever carries an older one is dropped.</param>
/// <param name="FromStep">Steps applied when it begins.</param>
/// <param name="Shares">Ordered trainers, each with its micro-batches.</param>
public sealed record View(long Generation, long FromStep, IReadOnlyList<Share> Shares)
{
    /// <summary>The place of a trainer in the view; -1: it is not in it.</summary>
    public int PlaceOf(string trainer)
    {
        for (var i = 0; i < Shares.Count; i++)
        {
            if (Shares[i].Trainer == trainer)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether the trainer is in the view.</summary>
    public bool Has(string trainer) => PlaceOf(trainer) >= 0;
}

/// <summary>One trainer of a view.</summary>
/// <param name="Trainer">Its id, new with every start of its process.</param>
/// <param name="Node">The node it lives on.</param>
/// <param name="Endpoint">Where its links are.</param>
/// <param name="First">First micro-batch.</param>
/// <param name="Count">Micro-batches [First, First + Count); may be 0 when there are more trainers than micro-batches.</param>
public sealed record Share(string Trainer, string Node, string Endpoint, int First, int Count);
