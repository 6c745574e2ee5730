"""Four processes deliver mail to one mbox, under a lock file and fcntl(2), and to one Maildir, while a reader takes it."""
import mailbox
import os
import sys

count = int(sys.argv[1])
writers = range(4)


def message(writer, number):
    return f'Subject: {writer} {number}\n\n{"text " * (number * 37 % 900)}\nend of {writer} {number}\n'


def locked(box):
    while True:
        try:
            return box.lock()
        except mailbox.ExternalClashError:
            pass


def deliver(writer):
    for number in range(count):
        box = mailbox.mbox('mbox')
        locked(box)
        box.add(message(writer, number))
        box.flush()
        box.close()
        mailbox.Maildir('maildir').add(message(writer, number))


def read(box):
    """Gives the subjects of all mail, each of which is whole."""
    subjects = []
    for mail in box:
        assert mail.get_payload().rstrip().endswith(f'end of {mail["Subject"]}'), f'{mail["Subject"]} is torn'
        subjects.append(mail['Subject'])
    assert len(set(subjects)) == len(subjects), 'mail is there twice'
    return subjects


def look():
    """Takes mail as a server does: what it has seen goes from new to cur."""
    box = mailbox.Maildir('maildir')
    seen = set()
    while len(seen) < count * len(writers):
        for key in set(box.keys()) - seen:
            mail = box[key]
            if mail.get_subdir() == 'new':
                mail.set_subdir('cur')
                box[key] = mail
            seen.add(key)


def started(work, *given):
    child = os.fork()
    if child != 0:
        return child
    try:
        work(*given)
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


mailbox.Maildir('maildir')
children = [started(deliver, writer) for writer in writers] + [started(look)]
for child in children:
    assert os.waitpid(child, 0)[1] == 0, 'a process failed'
print(len(read(mailbox.mbox('mbox'))), len(read(mailbox.Maildir('maildir'))))
